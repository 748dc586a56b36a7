/**
 * Whether the edge answers, as the last of all questions found it. Must not know who asked what.
 */
import { computed, signal } from "@preact/signals";
import { outageSince } from "./outage.ts";
import { signOut } from "./session.ts";

const failing = signal<ReadonlyMap<object, number>>(new Map());
/** ms since the epoch; `null`: nothing was answered yet. */
export const lastAnswerAt = signal<number | null>(null);

/** ms since the epoch; `null`: it answers. An outage goes on where the page that met it is left. */
export const unreachableSince = computed(() => {
  const began = [...failing.value.values(), ...(outageSince.value === null ? [] : [outageSince.value])];
  return began.length === 0 ? null : Math.min(...began);
});

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
