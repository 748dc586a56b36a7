/**
 * Whether the edge answers, as the last of all questions found it. Must not know who asked what.
 */
import { computed, signal } from "@preact/signals";
import { signOut } from "./session.ts";

const failing = signal<ReadonlyMap<object, number>>(new Map());
/** ms since the epoch; `null`: nothing was answered yet. */
export const lastAnswerAt = signal<number | null>(null);

/** ms since the epoch; `null`: it answers. */
export const unreachableSince = computed(() => (failing.value.size === 0 ? null : Math.min(...failing.value.values())));

/** Of one who asks again and again, until `forget`. */
export function told(who: object, outcome: "answered" | { failingSince: number }): void {
  if (outcome === "answered") lastAnswerAt.value = Date.now();
  if (outcome === "answered" && !failing.value.has(who)) return;
  const next = new Map(failing.value);
  if (outcome === "answered") next.delete(who);
  else next.set(who, outcome.failingSince);
  failing.value = next;
}

export function forget(who: object): void {
  if (!failing.value.has(who)) return;
  const next = new Map(failing.value);
  next.delete(who);
  failing.value = next;
}

/** The key counts no more. */
export const keyEnded = (): void => signOut("ended");
