/**
 * One outgoing HTTP request, bounded in time and size. Must not know what is asked or why.
 */
import { FRAME_MAX_LENGTH } from "../ocpp/message.ts";

/** The body of a 2xx answer. @throws with the reason for anything else, in at most `timeoutMs` */
export async function fetchText(
  binding: Fetcher | undefined,
  url: string,
  request: { method: string; body: string; headers: Record<string, string> },
  timeoutMs: number,
): Promise<string> {
  const controller = new AbortController();
  // Not AbortSignal.timeout: its timer outlives the request and keeps the object from hibernating.
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    // A redirect would carry the body to an address nobody configured.
    const init: RequestInit = { ...request, redirect: "manual", signal: controller.signal };
    const response = await (binding === undefined ? fetch(url, init) : binding.fetch(url, init));
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    return await boundedText(response);
  } finally {
    clearTimeout(timer);
  }
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > FRAME_MAX_LENGTH) throw new Error(`a body of more than ${FRAME_MAX_LENGTH} characters`);
  }
  return text + decoder.decode();
}
