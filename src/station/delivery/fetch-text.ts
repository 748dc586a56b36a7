/**
 * One outgoing HTTP request, bounded in time and size. Must not know what is asked or why.
 */
import { whenLate } from "../../time-limit.ts";

export interface OutgoingRequest {
  method: string;
  body: string;
  headers: Record<string, string>;
  /** Ends it before its time. */
  signal?: AbortSignal;
}

/** Of an answer's body that nobody wants: of one that is longer, or takes longer, the rest is not waited for. */
const DISCARD_MAX_BYTES = 4_096;
const DISCARD_WITHIN_MS = 100;

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
  const end = whenLate(timeoutMs, () => controller.abort(new Error(`no answer within ${timeoutMs} ms`)));
  try {
    // A redirect would carry the body to an address nobody configured.
    const init: RequestInit = { ...request, redirect: "manual", signal: controller.signal };
    const response = await (binding === undefined ? fetch(url, init) : binding.fetch(url, init));
    if (response.ok && maxLength > 0) return await boundedText(response, maxLength);
    await discard(response.body);
    if (!response.ok) throw new StatusError(response);
    return "";
  } finally {
    end();
    signal?.removeEventListener("abort", abort);
  }
}

/** Read to its end, or the connection could not serve again; a long or slow one is given up, and the connection with it. */
async function discard(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null) return;
  const reader = body.getReader();
  const end = whenLate(DISCARD_WITHIN_MS, () => void reader.cancel().catch(() => {}));
  try {
    for (let bytes = 0; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.length;
      if (bytes > DISCARD_MAX_BYTES) return await reader.cancel();
    }
  } catch {
    // What it answered is known all the same.
  } finally {
    end();
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
