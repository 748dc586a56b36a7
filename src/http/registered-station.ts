/**
 * The object of the station that a path names, woken only where there is such a station. Must not know what is asked of it.
 */
import { isRegistered } from "../fleet/known-stations.ts";
import { type StationStub, stationStub } from "../station-stub.ts";
import type { ApiContext } from "./auth.ts";
import { stationIdOf } from "./body.ts";
import { unknownStation } from "./problem.ts";

/** Where the directory cannot tell, the object will. */
export async function registeredStation(c: ApiContext): Promise<StationStub> {
  const id = stationIdOf(c);
  if ((await isRegistered(c.env.DIRECTORY, id, Date.now())) === false) throw unknownStation();
  return stationStub(c.env, id);
}
