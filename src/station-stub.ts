/**
 * From a station's identity to the stub of its object. The only place that knows how objects are named.
 */
import type { Env } from "./env.ts";
import type { ChargingStation } from "./station/charging-station.ts";

type StationMethod =
  | "register"
  | "describe"
  | "deregister"
  | "disconnect"
  | "reportRefusal"
  | "command"
  | "readCommand"
  | "listCommands"
  | "cancelCommand"
  | "deliverSoon"
  | "sayAgain"
  | "lookAt";

/** The platform's own stub type gives up on payloads, which are `unknown` inside. */
export type StationStub = Pick<Fetcher, "fetch"> & {
  [Method in StationMethod]: (
    ...parameters: Parameters<ChargingStation[Method]>
  ) => Promise<Awaited<ReturnType<ChargingStation[Method]>>>;
};

/** @param locationHint where the object is placed, if this is the first call that ever names it */
export function stationStub(env: Env, stationId: string, locationHint?: string): StationStub {
  const hint = locationHint as DurableObjectLocationHint | undefined;
  const id = env.STATION.idFromName(stationId);
  return env.STATION.get(id, hint === undefined ? {} : { locationHint: hint }) as unknown as StationStub;
}
