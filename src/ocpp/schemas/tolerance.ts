// Lists the deviations that lenient validation lets pass, each with the reason why no meaning has to be guessed.
// It must not know how checks are compiled, and nothing here changes a payload: the CSMS receives what the station sent.

import { isLonger, type Pardon, type Pardoned, type Tolerance } from "./compile.ts";
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
  "unknown-property": "an extra property changes none of those that OCPP defines [1.6 errata 3.2 forbids it]",
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

export const lenient: Tolerance = { property: pardonFor, unknownProperty: "unknown-property" satisfies DeviationKind };

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
