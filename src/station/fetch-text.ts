/**
 * One outgoing HTTP request, bounded in time and size. Must not know what is asked or why.
 */

/** The body of a 2xx answer, unread if `maxLength` (in characters) is 0. @throws with the reason for anything else, in at most `timeoutMs` */
export async function fetchText(
  binding: Fetcher | undefined,
  url: string,
  request: { method: string; body: string; headers: Record<string, string> },
  timeoutMs: number,
  maxLength: number,
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
    if (maxLength > 0) return await boundedText(response, maxLength);
    await response.body?.cancel();
    return "";
  } finally {
    clearTimeout(timer);
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
