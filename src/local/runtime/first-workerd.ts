/**
 * The way from the other workerd processes to the first, for what the fleet has once. Must not know what is asked.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { V4WorkerOptions } from "miniflare";

/** All but the first ask it for what the fleet has once. */
export function withFirst<Settings extends { worker: V4WorkerOptions }>(
  settings: Settings,
  shard: number,
  first: (what: "registry" | "outcomes") => (request: { text(): Promise<string> }) => Promise<Response>,
): Settings {
  if (shard === 0) return settings;
  const { serviceBindings } = settings.worker;
  return {
    ...settings,
    worker: {
      ...settings.worker,
      serviceBindings: { ...serviceBindings, FIRST: first("registry"), OUTCOMES: first("outcomes") },
    },
  };
}

/** ms that the others wait for the first at a start: their alarms ring as soon as they run. */
const STARTED_WITHIN_MS = 5_000;
const POLL_MS = 20;

/** @param port undefined until the first was started */
export async function askFirst(
  port: () => number | undefined,
  secret: string,
  request: { text(): Promise<string> },
  withinMs = STARTED_WITHIN_MS,
  what = "registry",
): Promise<Response> {
  for (let waited = 0; port() === undefined && waited < withinMs; waited += POLL_MS) await delay(POLL_MS);
  if (port() === undefined) return new Response(null, { status: 503 });
  const headers = { "X-Kerbside-Front": secret, "X-Kerbside-Local": what };
  const answer = await fetch(`http://127.0.0.1:${port()}/`, { method: "POST", headers, body: await request.text() });
  // [Fetch §6.4] A 204 with a text, be it empty, cannot be made.
  return new Response((await answer.text()) || null, { status: answer.status });
}
