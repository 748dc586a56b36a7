/**
 * One request to a CA or a responder: bounded in time and bytes, and sent nowhere else than it was addressed to. Must not know what is
 * asked.
 */
import { whenLate } from "../time-limit.ts";

/** The way to it: the network, or a binding. */
export interface Fetching {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

export interface BoundedAnswer {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** ms for the whole of an answer. */
const ANSWER_WITHIN_MS = 15_000;
/** Bytes: ten certificates have some 20,000. */
const ANSWER_MAX_BYTES = 65_536;

/** @param by the binding that leads there; absent: the network @throws where there is no answer, or one that is too large or too slow */
export async function boundedFetch(by: Fetching | undefined, url: string, init: RequestInit): Promise<BoundedAnswer> {
  const controller = new AbortController();
  // Not AbortSignal.timeout: its timer outlives the request and keeps an object from hibernating.
  const end = whenLate(ANSWER_WITHIN_MS, () => controller.abort(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)));
  try {
    // A redirect would take the credentials, or the station's question, to a host that nobody named.
    const request = { ...init, redirect: "manual" as const, signal: controller.signal };
    const { status, headers, body } = await (by === undefined ? fetch(url, request) : by.fetch(url, request));
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > ANSWER_MAX_BYTES) throw new Error(`the answer has more than ${ANSWER_MAX_BYTES} bytes`);
      chunks.push(chunk);
    }
    return { status, headers, body: new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer()) };
  } finally {
    end();
  }
}
