/**
 * The stations and directories of the other workerd processes, as the first one sees them: a campaign is in the first, and its stations
 * are in all. Must not know what a campaign is.
 */
import type { Env } from "../../env.ts";
import { stationStub } from "../../station-stub.ts";
import { type FleetQuestion, shardOf } from "./shards.ts";

/** Of a station, by way of another process: what travels as JSON unchanged. */
const METHODS: readonly string[] = ["command", "readCommand", "cancelCommand"];

type Ask = (question: FleetQuestion) => Promise<unknown>;

const asking =
  (others: Pick<Fetcher, "fetch">): Ask =>
  async (question) => {
    const response = await others.fetch("http://localhost/", { method: "POST", body: JSON.stringify(question) });
    if (!response.ok) {
      const error = new Error(`another workerd gave no answer (${response.status})`);
      // It is started anew: as the platform says it of an object that is.
      throw Object.assign(error, { retryable: true });
    }
    return ((await response.json()) as { value: unknown }).value;
  };

/** In place of the first one's own. */
export function wholeFleet(
  env: Pick<Env, "STATION">,
  others: Pick<Fetcher, "fetch">,
  shards: number,
): Pick<Env, "STATION"> & Required<Pick<Env, "OTHER_DIRECTORIES">> {
  const ask = asking(others);
  const directories = Array.from({ length: shards - 1 }, (_, index) => directoryOf(ask, index + 1));
  const STATION = {
    idFromName: (name: string) => env.STATION.idFromName(name),
    get: (id: DurableObjectId, options?: DurableObjectNamespaceGetDurableObjectOptions) => {
      const shard = shardOf(id.name ?? "", shards);
      return shard === 0 ? env.STATION.get(id, options) : stationOf(ask, shard, id.name ?? "");
    },
  };
  return { STATION: STATION as unknown as Env["STATION"], OTHER_DIRECTORIES: directories };
}

const stationOf = (ask: Ask, shard: number, stationId: string) =>
  Object.fromEntries(
    METHODS.map((method) => [method, (...parameters: unknown[]) => ask({ shard, stationId, method, parameters })]),
  );

/** As much of a database as is asked for one: rows of a SELECT. */
function directoryOf(ask: Ask, shard: number): D1Database {
  const prepare = (sql: string, values: unknown[] = []) => ({
    bind: (...given: unknown[]) => prepare(sql, given),
    all: async () => ({ results: await ask({ shard, sql, values }) }),
  });
  return { prepare } as unknown as D1Database;
}

/** In the workerd whose station it is. */
export async function answerForStation(request: Request, env: Env): Promise<Response> {
  const { stationId, method, parameters } = (await request.json()) as {
    stationId: string;
    method: string;
    parameters: unknown[];
  };
  if (!METHODS.includes(method)) return new Response(null, { status: 404 });
  const stub = stationStub(env, stationId) as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;
  return Response.json({ value: (await stub[method]?.(...parameters)) ?? null });
}
