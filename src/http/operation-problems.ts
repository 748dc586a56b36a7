/**
 * The problems that operations on a station answer with. Must not know when one is answered.
 */
import { kind } from "./problem-kind.ts";

export const OPERATION_PROBLEMS = {
  operationNotFound: kind(
    404,
    "operation-not-found",
    "Not Found",
    "No operation of this kind was begun since the station was registered.",
    "POST to the same path begins one.",
  ),
  operationUnderWay: kind(
    409,
    "operation-under-way",
    "Conflict",
    "A station has one operation at a time, and one is under way.",
    "GET it, and wait for its end, or DELETE it.",
  ),
  operationNotApplicable: kind(
    409,
    "operation-not-applicable",
    "Conflict",
    "The operation cannot begin as the station is registered.",
    "The detail says why; GET the station for its registration.",
  ),
  operationEnded: kind(
    409,
    "operation-ended",
    "Conflict",
    "The operation has ended: only one that is under way can be stopped.",
    "GET it for what became of it.",
  ),
} as const;
