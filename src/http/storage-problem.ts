/**
 * Trouble with storage as an answer: the station it concerns, the cause and the remedy. Must not know how it was found out.
 */
import type { StorageFault } from "../storage-fault.ts";
import { type ProblemError, problems } from "./problem.ts";

/** Long enough for somebody to do something about it. */
const RETRY_AFTER_SECONDS = 30;

/** @param stationId `null`: it is the fleet's */
export function storageProblem(fault: StorageFault, stationId: string | null): ProblemError {
  const whose = stationId === null ? "the fleet" : `the Charging Station ${stationId}`;
  return problems.unavailable(detailOf(fault, whose, stationId !== null), {
    headers: { "Retry-After": String(RETRY_AFTER_SECONDS) },
  });
}

function detailOf(fault: StorageFault, whose: string, isStation: boolean): string {
  const remedy = isStation ? "DELETE and PUT of the station make a new one" : "restore it";
  switch (fault) {
    case "full":
      return `The disk of the database of ${whose} is full. Nothing was changed; free some space and try again.`;
    case "damaged":
      return `The database of ${whose} is damaged and cannot be read; ${remedy}.`;
    case "newer":
      return `The database of ${whose} was written by a newer release of Kerbside; run that one.`;
    case "unusable":
      return `The database of ${whose} cannot be used now; the log says why. Try again; if it stays so, ${remedy}.`;
  }
}
