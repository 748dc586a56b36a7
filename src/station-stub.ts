/**
 * From a station's identity to the stub of its object. The only place that knows how objects are named.
 */
import type { Env } from "./env.ts";
import { inJurisdiction } from "./residency.ts";
import type { StationRpc } from "./station/station-rpc.ts";

/** The platform's own stub type gives up on payloads, which are `unknown` inside. */
export type StationStub = Pick<Fetcher, "fetch"> & {
  [Method in keyof StationRpc]: (
    ...parameters: Parameters<StationRpc[Method]>
  ) => Promise<Awaited<ReturnType<StationRpc[Method]>>>;
};

/** @param locationHint where the object is placed, if this is the first call that ever names it */
export function stationStub(env: Env, stationId: string, locationHint?: string): StationStub {
  const hint = locationHint as DurableObjectLocationHint | undefined;
  const stations = inJurisdiction(env.STATION, env);
  const id = stations.idFromName(stationId);
  return stations.get(id, hint === undefined ? {} : { locationHint: hint }) as unknown as StationStub;
}
