/**
 * The way from the first workerd process to the others, for what concerns stations of them all. Must not know what is asked.
 */
import type { Miniflare, V4WorkerOptions } from "miniflare";
import { directoryDatabase } from "./directory-worker.ts";
import type { FleetQuestion } from "./shards.ts";

interface Other {
  miniflare: Miniflare;
  port(): number | undefined;
}

/** ms that another has to answer. */
const ANSWER_WITHIN_MS = 30_000;

/** The first alone has it, and only where there are others. */
export function withOthers<Settings extends { worker: V4WorkerOptions }>(
  settings: Settings,
  shard: number,
  shards: number,
  others: (request: { text(): Promise<string> }) => Promise<Response>,
): Settings {
  if (shard !== 0 || shards === 1) return settings;
  const { serviceBindings, bindings } = settings.worker;
  return {
    ...settings,
    worker: {
      ...settings.worker,
      bindings: { ...bindings, SHARDS: shards },
      serviceBindings: { ...serviceBindings, OTHERS: others },
    },
  };
}

export async function askOther(
  other: (shard: number) => Other | undefined,
  secret: string,
  request: { text(): Promise<string> },
): Promise<Response> {
  const question = JSON.parse(await request.text()) as FleetQuestion;
  const workerd = other(question.shard);
  const port = workerd?.port();
  if (workerd === undefined || port === undefined) return new Response(null, { status: 503 });
  if ("sql" in question) {
    const { sql, values } = question;
    const { results } = await directoryDatabase(workerd.miniflare, secret)
      .prepare(sql)
      .bind(...values)
      .all();
    return Response.json({ value: results });
  }
  const headers = { "X-Kerbside-Front": secret, "X-Kerbside-Local": "station" };
  const answer = await fetch(`http://127.0.0.1:${port}/`, {
    ...{ method: "POST", headers, body: JSON.stringify(question) },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  return new Response((await answer.text()) || null, { status: answer.status });
}
