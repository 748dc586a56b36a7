/**
 * Whether an identity is registered, as it is known in front of the stations' objects: a name that somebody made up wakes none and
 * leaves nothing behind. Must not refuse where it cannot tell; the object decides then.
 */
import { log, messageOf } from "../log.ts";
import { inTime } from "../time-limit.ts";
import { Gathered } from "./gathered.ts";
import { registeredAmong } from "./registrations.ts";

/** ms for which an isolate takes a station for registered. That one is not is asked anew each time: it may be from now on. */
const KNOWN_MS = 60_000;
/** Stations that an isolate remembers. */
const KNOWN_MAX = 50_000;
/** ms the directory has to answer; whoever asks is answered within 2 s all the same. */
const ANSWER_WITHIN_MS = 1_000;

/** Questions in a second from which on a fleet is coming back: then an answer brings the ids behind it too. */
const STORM_QUESTIONS = 10;
/** Ids that it brings: a row read each. */
const AHEAD = 1_000;

/** ms since the epoch at which each was known to be registered. */
const known = new Map<string, number>();
/** Questions since that time, ms since the epoch. */
const asked = { since: 0, times: 0 };

/** `null`: the directory cannot tell. */
export async function isRegistered(directory: D1Database, stationId: string, now: number): Promise<boolean | null> {
  const since = known.get(stationId);
  if (since !== undefined && now >= since && now - since < KNOWN_MS) return true;
  try {
    const registered = (await inTime(questions.ask(directory, [stationId]), ANSWER_WITHIN_MS, "the directory")).has(
      stationId,
    );
    if (registered) remember(stationId, now);
    else known.delete(stationId);
    return registered;
  } catch (error) {
    log("warn", "the directory did not say whether a station is registered", { stationId, reason: messageOf(error) });
    return null;
  }
}

/** Called where a station was registered. */
export function remember(stationId: string, now: number): void {
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(stationId, now);
}

/** Called where a station was deregistered, or its object knows of no registration. */
export function forget(stationId: string): void {
  known.delete(stationId);
}

const questions = new Gathered(async (directory, ids) => {
  const now = Date.now();
  const [first] = ids;
  if (!isStorm(now) || first === undefined) return registeredAmong(directory, ids);
  const found = await registeredAmong(directory, ids, { behind: first, limit: AHEAD });
  for (const id of found) remember(id, now);
  return found;
});

/** Each question costs memory and the directory's time, which a storm of them has none of. */
function isStorm(now: number): boolean {
  if (Math.abs(now - asked.since) >= 1_000) Object.assign(asked, { since: now, times: 0 });
  return ++asked.times > STORM_QUESTIONS;
}
