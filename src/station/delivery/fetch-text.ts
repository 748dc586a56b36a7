/**
 * One outgoing HTTP request, bounded in time and size. Must not know what is asked or why.
 */

export interface OutgoingRequest {
  method: string;
  body: string;
  headers: Record<string, string>;
  /** Ends it before its time. */
  signal?: AbortSignal;
}

/** The receiver answered, and not with a 2xx. */
export class StatusError extends Error {
  readonly status: number;
  /** The header Retry-After. */
  readonly retryAfter: string | null;

  constructor({ status, headers }: Response) {
    super(`status ${status}`);
    this.status = status;
    this.retryAfter = headers.get("retry-after");
  }
}

/** The body of a 2xx answer, unread if `maxLength` (in characters) is 0. @throws with the reason for anything else, in at most `timeoutMs` */
export async function fetchText(
  binding: Fetcher | undefined,
  url: string,
  { signal, ...request }: OutgoingRequest,
  timeoutMs: number,
  maxLength: number,
): Promise<string> {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  // Not AbortSignal.timeout: its timer outlives the request and keeps the object from hibernating.
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    // A redirect would carry the body to an address nobody configured.
    const init: RequestInit = { ...request, redirect: "manual", signal: controller.signal };
    const response = await (binding === undefined ? fetch(url, init) : binding.fetch(url, init));
    if (!response.ok) {
      await response.body?.cancel();
      throw new StatusError(response);
    }
    if (maxLength > 0) return await boundedText(response, maxLength);
    await response.body?.cancel();
    return "";
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

async function boundedText(response: Response, maxLength: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxLength) throw new Error(`a body of more than ${maxLength} characters`);
  }
  return text + decoder.decode();
}
