/**
 * The broker's HTTP API as a backend calls it. Must not know what is called for.
 */

export interface ApiAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API says
  body: any;
}

export type Api = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
  timeoutMs?: number,
) => Promise<ApiAnswer>;

const TIMEOUT_MS = 10_000;

/** @param always headers of every request, asked for at each */
export const apiAt =
  (url: string, apiKey: string, always: () => Record<string, string> = () => ({})): Api =>
  async (method, path, body, headers = {}, timeoutMs = TIMEOUT_MS) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...always(),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, body: isJson ? JSON.parse(text) : null };
  };

/** Does `work` for every item, a bounded number at once. */
export async function forEach<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
