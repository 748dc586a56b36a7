// Lists the deviations that lenient validation lets pass, each with the reason why no meaning has to be guessed.
// It must not know how checks are compiled, and nothing here changes a payload: the CSMS receives what the station sent.

import { isLonger, type Pardon, type Pardoned, type Tolerance } from "./compile.ts";
import { formatCheck } from "./formats.ts";
import type { SchemaNode } from "./table.ts";

/** The numbers are those of ocpp.md, "What stations do wrong". */
export const DEVIATIONS = {
  "null-property": "14: null in an optional property says what leaving it out says",
  "empty-text": '13: "" or "null" in an optional timestamp, URI or enumeration holds no value that could be misread',
  "empty-array": "9: an empty list, optional or of samples, says that there is nothing to list",
  "single-item": "8: one meter value outside a list is a list of one; it is checked as its item",
  "number-as-text":
    "7: a sampled value written as a number reads the same; a serial number or an idTag would lose zeros and digits",
  "over-long": "11: serial numbers and other labels that nobody decides by, up to a bound",
  "unknown-enum": "12: an invented kind of sample (measurand, unit, …) labels a reading; the reading itself is whole",
  "zoneless-time":
    "a timestamp without a zone is the station's local time or UTC, as whoever runs it knows; its text is whole",
  "missing-time": "a transaction's begin or end without its timestamp: the event's time stands for it",
  "decimal-meter": "a meter reading with a fraction of a Wh loses nothing; who needs whole ones rounds",
  "data-not-text": "DataTransfer's data written as JSON, not as JSON in a text: the vendor's own either way",
  "unknown-reason": "a reason in free text, or an invented errorCode, explains what happened; it decides nothing",
  "old-status": "Occupied, OCPP 1.5's word for a connector that is in use [1.6 has Preparing, Charging, … for it]",
  "unknown-property": "an extra property changes none of those that OCPP defines [1.6 errata 3.2 forbids it]",
  "byte-order-mark": "a mark in front of the JSON text says nothing [RFC 8259 §8.1]; strict skips it too",
  "trailing-nul": "the rest of a text buffer behind the JSON says nothing; strict skips it too",
  forwarded: "no deviation but a fault: `forward` passes a transaction's messages on whatever is wrong with them",
} as const;

export type DeviationKind = keyof typeof DEVIATIONS;

/** Texts that describe a station and that no party decides by. No idTag, idToken, status, reason, URL or key is among them. */
const LABELS = new Set([
  ...["chargePointModel", "chargePointVendor", "chargePointSerialNumber", "chargeBoxSerialNumber"], // 1.6
  ...["meterSerialNumber", "meterType", "info", "vendorErrorCode"], // 1.6
  ...["model", "vendorName", "serialNumber", "techInfo", "techCode"], // 2.x
  ...["firmwareVersion", "iccid", "imsi", "value"],
]);

function isLabel(name: string, owner: SchemaNode): boolean {
  // The serial number of a certificate or of a swapped battery identifies; a station's stands beside its model.
  if (name === "serialNumber") return Object.hasOwn(owner.properties ?? {}, "model");
  return LABELS.has(name);
}

/** Name → a member by which the enumeration of sampled values is told from another of that name (2.1's DER has a `unit`). */
const SAMPLE_ENUMS = new Map([
  ["measurand", "Voltage"],
  ["unit", "Wh"],
  ["context", "Sample.Clock"],
  ["phase", "L1-N"],
  ["location", "Outlet"],
  ["format", "SignedData"],
]);

const SAMPLE_LISTS = new Set(["meterValue", "sampledValue", "transactionData"]);

/** An over-long label is let pass up to this multiple of its maxLength: stations fill 50 where 25 is allowed, not a page. */
const OVER_LONG_FACTOR = 4;
/** Longest name of an invented measurand or unit; the longest in OCPP has 45 characters. */
const MAX_INVENTED_LENGTH = 64;

/** Longest free text for a reason. */
const MAX_REASON_LENGTH = 255;
/** Name → a member by which OCPP's enumeration is told from another of that name. */
const REASON_ENUMS = new Map([
  ["errorCode", "NoError"],
  ["reason", "PowerLoss"],
  ["stoppedReason", "PowerLoss"],
]);
/** BootNotification of 2.x. */
const BOOT_REASON = "PowerUp";

export const lenient: Tolerance = {
  property: pardonFor,
  missing: pardonMissing,
  unknownProperty: "unknown-property" satisfies DeviationKind,
};

const isTransactionEnd = ({ properties = {} }: SchemaNode): boolean =>
  Object.hasOwn(properties, "meterStart") || Object.hasOwn(properties, "meterStop");

function pardonMissing(name: string, owner: SchemaNode): Pardoned | undefined {
  if (name !== "timestamp" || !isTransactionEnd(owner)) return undefined;
  return pardoned("missing-time", "required", "is missing; the event has a time");
}

function pardonFor(name: string, node: SchemaNode, owner: SchemaNode): Pardon | undefined {
  const optional = !owner.required?.includes(name);
  const sampled = name === "value" && Object.hasOwn(owner.properties ?? {}, "measurand");
  const pardons = [
    optional ? pardonNull : undefined,
    optional ? pardonEmptyText(node) : undefined,
    optional || SAMPLE_LISTS.has(name) ? pardonEmptyArray(node) : undefined,
    SAMPLE_LISTS.has(name) ? pardonSingleItem(node) : undefined,
    sampled ? pardonNumber(node) : undefined,
    isLabel(name, owner) ? pardonOverLong(node) : undefined,
    pardonInvented(name, node),
    pardonReason(name, node),
    pardonZoneless(node),
    name === "meterStart" || name === "meterStop" ? pardonFraction(node) : undefined,
    name === "data" ? pardonData(node) : undefined,
    name === "status" && Object.hasOwn(owner.properties ?? {}, "errorCode") ? pardonOccupied : undefined,
  ].filter((it) => it !== undefined);
  if (pardons.length === 0) return undefined;
  return (value) => {
    for (const pardon of pardons) {
      const pardoned = pardon(value);
      if (pardoned) return pardoned;
    }
    return undefined;
  };
}

function pardoned(kind: DeviationKind, keyword: string, message: string): Pardoned {
  return { kind, keyword, message };
}

const pardonNull: Pardon = (value) =>
  value === null ? pardoned("null-property", "type", "is null; an absent property is left out") : undefined;

function pardonEmptyText(node: SchemaNode): Pardon | undefined {
  const keyword = node.enum ? "enum" : node.format ? "format" : undefined;
  if (!keyword || node.type !== "string") return undefined;
  return (value) =>
    (value === "" || value === "null") && !node.enum?.includes(value)
      ? pardoned("empty-text", keyword, "is empty; an absent property is left out")
      : undefined;
}

function pardonEmptyArray(node: SchemaNode): Pardon | undefined {
  if (node.type !== "array" || !node.minItems) return undefined;
  return (value) =>
    Array.isArray(value) && value.length === 0 ? pardoned("empty-array", "minItems", "is an empty array") : undefined;
}

function pardonSingleItem(node: SchemaNode): Pardon | undefined {
  if (node.type !== "array") return undefined;
  return (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? { ...pardoned("single-item", "type", "is one item, not an array"), asItem: true }
      : undefined;
}

function pardonNumber(node: SchemaNode): Pardon | undefined {
  if (node.type !== "string") return undefined;
  return (value) =>
    Number.isFinite(value) ? pardoned("number-as-text", "type", "is a number, not a string") : undefined;
}

function pardonOverLong(node: SchemaNode): Pardon | undefined {
  const { type, maxLength } = node;
  if (type !== "string" || maxLength === undefined) return undefined;
  return (value) =>
    typeof value === "string" && isLonger(value, maxLength) && !isLonger(value, maxLength * OVER_LONG_FACTOR)
      ? pardoned("over-long", "maxLength", `has more than ${maxLength} characters`)
      : undefined;
}

function pardonInvented(name: string, node: SchemaNode): Pardon | undefined {
  const member = SAMPLE_ENUMS.get(name);
  if (member === undefined || !node.enum?.includes(member)) return undefined;
  const known = new Set<unknown>(node.enum);
  return (value) =>
    typeof value === "string" && value !== "" && value.length <= MAX_INVENTED_LENGTH && !known.has(value)
      ? pardoned("unknown-enum", "enum", "is no value that OCPP lists")
      : undefined;
}

function pardonReason(name: string, node: SchemaNode): Pardon | undefined {
  const member = REASON_ENUMS.get(name);
  if (member === undefined || !(node.enum?.includes(member) || (name === "reason" && node.enum?.includes(BOOT_REASON))))
    return undefined;
  const known = new Set<unknown>(node.enum);
  return (value) =>
    typeof value === "string" && value !== "" && value.length <= MAX_REASON_LENGTH && !known.has(value)
      ? pardoned("unknown-reason", "enum", "is no value that OCPP lists")
      : undefined;
}

/** [RFC 3339 §4.4] "unqualified local time": whole but for its zone. */
const ZONELESS = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?$/;

function pardonZoneless(node: SchemaNode): Pardon | undefined {
  if (node.format !== "date-time") return undefined;
  const isTime = formatCheck("date-time");
  return (value) =>
    typeof value === "string" && ZONELESS.test(value) && isTime(`${value}Z`)
      ? pardoned("zoneless-time", "format", "has no time zone")
      : undefined;
}

function pardonFraction(node: SchemaNode): Pardon | undefined {
  if (node.type !== "integer") return undefined;
  return (value) =>
    typeof value === "number" && Number.isFinite(value) && value % 1 !== 0
      ? pardoned("decimal-meter", "type", "is not a whole number")
      : undefined;
}

/** In 2.x any JSON is legal there. */
function pardonData(node: SchemaNode): Pardon | undefined {
  if (node.type !== "string") return undefined;
  return (value) =>
    typeof value === "object" && value !== null
      ? pardoned("data-not-text", "type", "is JSON, not a string")
      : undefined;
}

const pardonOccupied: Pardon = (value) =>
  value === "Occupied" ? pardoned("old-status", "enum", "is a status of OCPP 1.5") : undefined;
