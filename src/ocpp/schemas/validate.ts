// Checks a payload against OCPP's schema for its version, action and direction, and names the error code of each fault.
// It must not know frames, stations or HTTP; it never changes the payload, and building waits for the first use of each action.

import { errorCode, type FaultKind } from "../error-codes.ts";
import type { Protocol } from "../protocol.ts";
import { type Check, compiler } from "./compile.ts";
import { type Finding, startFindings } from "./findings.ts";
import { table as tables1 } from "./generated/ocpp-1.table.ts";
import { table as tables2 } from "./generated/ocpp-2.table.ts";
import { unpackTable } from "./packed-table.ts";
import { type DeviationKind, lenient } from "./tolerance.ts";

export type Direction = "request" | "response";

export interface Fault {
  /** JSON pointer [RFC 6901] into the payload; for a missing property the place where it should be. "" is the payload. */
  readonly path: string;
  /** The JSON schema keyword that was broken, or `action`: the version has no such message. */
  readonly keyword: string;
  readonly message: string;
}

export interface Deviation {
  readonly path: string;
  readonly kind: DeviationKind;
  readonly message: string;
}

/** For an API caller: enough to mend a payload by, little enough for an answer. */
export const MAX_FAULTS = 20;

interface Version {
  /** A Map: an action named `constructor` must not be found. */
  readonly actions: ReadonlyMap<string, readonly [request: number, response?: number]>;
  readonly strict: (index: number) => Check;
  readonly lenient: (index: number) => Check;
}

/** In which text a version stands, and at which place there [generate.ts]. */
const TABLES: Record<Protocol, [text: string, which: number]> = {
  "ocpp1.6": [tables1, 0],
  "ocpp2.0.1": [tables2, 1],
  "ocpp2.1": [tables2, 0],
};
const versions = new Map<Protocol, Version>();

function versionOf(protocol: Protocol): Version {
  const known = versions.get(protocol);
  if (known) return known;
  const table = unpackTable(...TABLES[protocol]);
  const actions = new Map(Object.entries(table.actions));
  const version = { actions, strict: compiler(table), lenient: compiler(table, lenient) };
  versions.set(protocol, version);
  return version;
}

/** Every action of the version, in the order of its schemas. */
export function actionsOf(protocol: Protocol): string[] {
  return [...versionOf(protocol).actions.keys()];
}

/** False also for a response that OCPP does not define: NotifyPeriodicEventStream is a SEND, never answered. */
export function hasAction(protocol: Protocol, action: string, direction: Direction = "request"): boolean {
  return schemaIndex(protocol, action, direction) !== undefined;
}

function schemaIndex(protocol: Protocol, action: string, direction: Direction): number | undefined {
  return versionOf(protocol).actions.get(action)?.[direction === "request" ? 0 : 1];
}

/** No fault: valid. With limit 1 it stops at the first, which costs a hostile payload's sender more than us. */
export function validate(
  protocol: Protocol,
  action: string,
  direction: Direction,
  payload: unknown,
  limit: number = 1,
): Fault[] {
  return run(protocol, action, direction, payload, limit, "strict") as Fault[];
}

/** As validate, but the deviations of tolerance.ts are set apart: listed up to the limit, passed beyond it. */
export function checkLenient(
  protocol: Protocol,
  action: string,
  direction: Direction,
  payload: unknown,
  limit: number = MAX_FAULTS,
): { faults: Fault[]; deviations: Deviation[] } {
  // A payload without fault has no deviation, and most have none: the lenient checks are not even built.
  if (validate(protocol, action, direction, payload).length === 0) return { faults: [], deviations: [] };
  const faults: Fault[] = [];
  const deviations: Deviation[] = [];
  for (const { path, keyword, message, kind } of run(protocol, action, direction, payload, limit, "lenient")) {
    if (kind === undefined) faults.push({ path, keyword, message });
    else deviations.push({ path, kind: kind as DeviationKind, message });
  }
  return { faults, deviations };
}

function run(
  protocol: Protocol,
  action: string,
  direction: Direction,
  payload: unknown,
  limit: number,
  mode: "strict" | "lenient",
): Finding[] {
  const index = schemaIndex(protocol, action, direction);
  if (index === undefined) return [{ path: "", keyword: "action", message: `${protocol} has no such ${direction}` }];
  const findings = startFindings(limit);
  // [ocpp.md, RPC] null may stand for "no payload": what is then missing is named like in {}.
  versionOf(protocol)[mode](index)(payload === null ? NO_PAYLOAD : payload, findings);
  return findings.found;
}

const NO_PAYLOAD = Object.freeze({});

/** What a broken keyword means in OCPP's terms [ocpp.md "Keyword → code"]. */
export function faultKind(fault: Pick<Fault, "path" | "keyword">): FaultKind {
  switch (fault.keyword) {
    case "action":
      return "not-implemented";
    case "type":
      return fault.path === "" ? "format" : "type";
    case "additionalProperties":
      return "format";
    case "required":
    case "minItems":
    case "maxItems":
      return "occurrence";
    default:
      return "property";
  }
}

export function faultCode(protocol: Protocol, fault: Pick<Fault, "path" | "keyword">): string {
  return errorCode(protocol, faultKind(fault));
}
