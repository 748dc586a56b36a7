/**
 * Since when the edge does not answer, as one outage of the whole console: from the first request that failed after the last that did
 * not. Must not know who asked what.
 */
import { signal } from "@preact/signals";

/** ms since the epoch; `null`: the last request was answered. */
export const outageSince = signal<number | null>(null);

export function answered(): void {
  outageSince.value = null;
}

/** @returns ms since the epoch: when the outage that this is part of began */
export function unanswered(now = Date.now()): number {
  outageSince.value ??= now;
  return outageSince.value;
}

/** Every request goes through it. One that its page ended says nothing of the edge. */
export async function observed(request: Promise<Response>): Promise<Response> {
  try {
    const response = await request;
    // What answers with 5xx may be the edge, or what stands before it.
    if (response.status < 500) answered();
    return response;
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) unanswered();
    throw error;
  }
}
