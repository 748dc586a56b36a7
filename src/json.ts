/**
 * JSON texts to values. Its error repeats none of the text, as the platform's own does: what cannot be read may be a secret, and
 * errors are logged. Must not know whose text it is.
 */

export class NotJsonError extends Error {
  constructor(length: number) {
    super(`a text of ${length} characters is not JSON`);
  }
}

/** @throws {NotJsonError} */
export function parseJson<T = unknown>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new NotJsonError(text.length);
  }
}
