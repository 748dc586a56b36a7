/**
 * Holds a key that is bound to a part of the fleet to that part, by what a route touches: all else is not there for it. Must not know
 * any route.
 */
import { registeredLabels } from "../fleet/registrations.ts";
import { log, messageOf } from "../log.ts";
import { type FleetPart, lackingLabels, type Reach, reachesId } from "../security/fleet-part.ts";
import { inTime } from "../time-limit.ts";
import type { ApiContext } from "./auth.ts";
import { stationIdOf } from "./body.ts";
import { problems, unknownStation } from "./problem.ts";
import type { Labelled, Route } from "./routes/route.ts";

/** ms the directory has to say where a station belongs. */
const LABELS_WITHIN_MS = 2_000;

/** [interface.md §2] What is outside is answered as what is not there, and wakes no object. */
export async function refuseOutside(c: ApiContext, { part }: Route, bound: FleetPart): Promise<void> {
  switch (part) {
    case "station":
    case "registration": {
      const isInside = await reaches(c, bound, stationIdOf(c));
      if (isInside === false || (isInside === null && part === "station")) throw unknownStation();
      return;
    }
    case "fleet":
      throw problems.boundKey("This API key is bound to a part of the fleet, and cannot do what concerns all of it.");
    // A list is made of what the key reaches, and what touches no station is everybody's.
    case "list":
    case "none":
      return;
    default:
      return part satisfies never;
  }
}

/** A new registration is made inside, and none is moved out. */
export function refuseLabelsOutside(reach: Reach, { labels }: Labelled): void {
  const errors = lackingLabels(reach, labels).map((name) => ({
    path: `/labels/${name}`,
    message: "must be what this API key is bound to",
  }));
  if (errors.length > 0) throw problems.invalid("The request is not valid.", { errors });
}

/** `null`: there is no such station, and only its labels would say. */
async function reaches(c: ApiContext, bound: FleetPart, stationId: string): Promise<boolean | null> {
  const byId = reachesId(bound, stationId);
  if (byId !== null) return byId;
  const labels = await inTime(registeredLabels(c.env.DIRECTORY, stationId), LABELS_WITHIN_MS, "the directory").catch(
    (error: unknown) => {
      log("warn", "the directory did not say where a station belongs", { stationId, reason: messageOf(error) });
      const headers = { "Retry-After": "5" };
      throw problems.unavailable("What this API key reaches cannot be looked up now. Try again.", { headers });
    },
  );
  return labels === null ? null : lackingLabels(bound, labels).length === 0;
}
