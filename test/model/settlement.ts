/**
 * The calm at a sequence's end: webhooks up, all delivered, and what each got held against the model. Must not know how
 * events came about.
 */
import assert from "node:assert/strict";
import { type Hook, type HookMode, mismatch, type Model, streamOf } from "./model.ts";
import type { World } from "./world.ts";

const STREAMS = ["rest", "commands"] as const;

/** Where what one webhook got parts from what it must get; `null`: nowhere. */
function fault(world: World, hook: Hook): string | null {
  for (const stream of STREAMS) {
    const expected = hook.events.filter(({ type }) => streamOf(type) === stream);
    const earlier = world.mayGetEarlier(hook.generation);
    let got = world.delivered(hook.generation, stream);
    // Of several registrations each comes in its order; among themselves their sequences tell.
    got = got.sort((one, other) => one.sequence - other.sequence);
    const texts = got.map(({ text }) => text);
    const found = mismatch(expected, texts);
    if (found === null) continue;
    // What was said before a clock was set back may pass for later than a webhook that was made after it.
    if (earlier && texts.some((_, from) => mismatch(expected, texts.slice(from + 1)) === null)) continue;
    return `webhook ${hook.generation}, ${stream}: ${found}\n  expected ${list(expected.map((each) => `${each.texts.join(" | ")}${each.need === "may" ? "?" : ""}`))}\n  got ${list(got.map(({ sequence, text }) => `${sequence} ${text}`))}`;
  }
  return null;
}

const list = (texts: string[]): string => texts.join("; ") || "nothing";

/** Has it all sent at once, and waits: after a crash, or in a back-off, an event may rightly take a minute or an hour. */
export async function settle(model: Model, world: World, hook: Hook): Promise<void> {
  for (const name of model.hooks.keys()) await world.replay(name);
  await world.until(async () => fault(world, hook) ?? (await isDelivered(model, world)));
}

async function isDelivered(model: Model, world: World): Promise<true | string> {
  const hooks = [...model.hooks.values()];
  if (!model.registered || !hooks.every(({ mode }) => takesAll(mode))) return true;
  const { body } = await world.view();
  if (body.queue.events > 0) return `${body.queue.events} events wait in the outbox`;
  // Nothing is left that a deregistration would try once and no more.
  for (const each of hooks) each.troubled = each.mode === "too-large";
  return true;
}

const takesAll = (mode: HookMode): boolean => mode === "up" || mode === "slow" || mode === "too-large";

/** Webhooks up, a replay, and until all is delivered. One that takes no batch of two stays as it is. */
export async function calm(model: Model, world: World): Promise<void> {
  for (const hook of model.hooks.values()) {
    const mode = hook.mode === "too-large" ? "too-large" : "up";
    world.setHookMode(hook.generation, mode, hook.lastWordsHang);
    hook.mode = mode;
  }
  for (const hook of model.hooks.values()) await settle(model, world, hook);
  for (const hook of model.removed) assert.equal(fault(world, hook), null);
  for (const hook of [...model.hooks.values(), ...model.removed]) inOrder(world, hook);
}

/** Events arrive in order, over registrations too, and a sequence is never given twice. */
function inOrder(world: World, hook: Hook): void {
  const arrived = world.arrived(hook.generation);
  let newest = 0;
  const bySequence = new Map<number, string>();
  for (const { id, sequence } of arrived) {
    assert.ok(sequence > newest || hook.comesLate, `event ${sequence} came after ${newest}`);
    newest = sequence;
    assert.equal(bySequence.get(sequence), undefined, `sequence ${sequence} was given to two events`);
    bySequence.set(sequence, id);
  }
  // One registration's sequences end before the next one's begin.
  const order = [...bySequence].sort(([one], [other]) => one - other).map(([, id]) => id.slice(0, id.lastIndexOf("-")));
  const changes = order.filter((incarnation, index) => incarnation !== order[index - 1]);
  assert.equal(changes.length, new Set(changes).size, "the sequences of two registrations overlap");
}
