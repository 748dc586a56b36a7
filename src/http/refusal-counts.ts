/**
 * How many connections this isolate has refused, by reason, until that is told: with a word about who was turned away, or by a
 * message of its own, seldom. What the isolate holds when it ends is lost. Must not decide who is refused.
 */
import { configOf } from "../config.ts";
import type { Env } from "../env.ts";
import { addTo, type Counted, seriesOf } from "../fleet/metrics/families.ts";
import { log, messageOf } from "../log.ts";
import type { RefusalReason } from "../security/refusal.ts";
import { type Transport, transportOf } from "../security/transport.ts";
import { inTime } from "../time-limit.ts";

/** ms between two messages of an isolate's own: a flood of refusals costs three dollars a month for each thousand isolates. */
const EVERY_MS = 300_000;
/** ms in which refusals gather into one. */
const GATHER_MS = 200;
/** ms that the queue has for it. */
const ANSWER_WITHIN_MS = 2_000;
/** Bytes of sums: reasons and profiles are few. */
const HELD_MAX_BYTES = 10_000;
/** The profile that a transport stands for: whose profile it was is not known of who is refused. */
const PROFILES: Readonly<Record<Transport, string>> = { http: "1", tls: "2", mtls: "3" };

let sums: Record<string, number> = {};
/** ms since the epoch; of the last message of its own. */
let toldAt: number | null = null;

export function countRefusal(env: Env, ctx: ExecutionContext, url: URL, reason: RefusalReason, now: number): void {
  addTo(sums, seriesOf("r", reason, profileOf(env, url)), 1, HELD_MAX_BYTES);
  if (toldAt !== null && now >= toldAt && now - toldAt < EVERY_MS) return;
  toldAt = now;
  ctx.waitUntil(tell(env));
}

function profileOf(env: Env, url: URL): string {
  try {
    return PROFILES[transportOf(url, configOf(env).MTLS_HOSTS)];
  } catch {
    // Without settings nobody is let in, and that is what counts.
    return "unknown";
  }
}

/** Empties it. `null`: there were none. */
export function takeRefusals(): Counted | null {
  if (Object.keys(sums).length === 0) return null;
  const counted = { id: crypto.randomUUID(), sums };
  sums = {};
  return counted;
}

export function giveRefusalsBack(counted: Counted | null): void {
  for (const [series, count] of Object.entries(counted?.sums ?? {})) addTo(sums, series, count, HELD_MAX_BYTES);
}

async function tell(env: Env): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
  const counts = takeRefusals();
  if (counts === null) return;
  try {
    await inTime(env.TRANSITIONS.send({ counts }), ANSWER_WITHIN_MS, "the queue");
  } catch (error) {
    giveRefusalsBack(counts);
    log("warn", "the refusals were not told", { reason: messageOf(error) });
  }
}
