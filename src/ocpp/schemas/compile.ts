// Compiles a node of a schema table into a closure that checks a value, without eval, and finds faults in the order Ajv 8 does.
// It must not know OCPP: actions, error codes and which deviation is harmless are others' business; it never changes the value.

import { addDeviation, addFault, type Findings, isFull, lead, pointer } from "./findings.ts";
import { formatCheck } from "./formats.ts";
import type { FORMATS, SchemaNode, SchemaTable } from "./table.ts";

export type Check = (value: unknown, findings: Findings) => void;

/** What a lenient check lets pass. Asked while compiling; undefined costs nothing later. */
export interface Tolerance {
  property(name: string, node: SchemaNode, owner: SchemaNode): Pardon | undefined;
  /** For a required property that is not there. */
  missing(name: string, owner: SchemaNode): Pardoned | undefined;
  readonly unknownProperty: string;
}
export type Pardon = (value: unknown) => Pardoned | undefined;
export interface Pardoned {
  readonly kind: string;
  readonly keyword: string;
  readonly message: string;
  /** The value stands for an array's only item and is checked as such. */
  readonly asItem?: true;
}

/** Ajv's multipleOfPrecision: 21.4 / 0.1 is 213.99999999999997. */
const MULTIPLE_TOLERANCE = 1e-6;

export function compiler(table: SchemaTable, tolerance?: Tolerance): (index: number) => Check {
  const built = new Map<number, Check>();

  function compile(index: number): Check {
    const known = built.get(index);
    if (known) return known;
    const node = nodeAt(index);
    const check = compileNode(node);
    built.set(index, check);
    return check;
  }

  function nodeAt(index: number): SchemaNode {
    const node = table.nodes[index];
    if (!node) throw new Error(`the schema table has no node ${index}`);
    return node;
  }

  function compileNode(node: SchemaNode): Check {
    switch (node.type) {
      case "object":
        return compileObject(node);
      case "array":
        return compileArray(node);
      case "string":
        return compileString(node);
      case "integer":
      case "number":
        return compileNumber(node);
      case "boolean":
        return (value, findings) => {
          if (typeof value !== "boolean") addFault(findings, "type", "must be a boolean");
        };
      default:
        return () => {};
    }
  }

  function compileObject(node: SchemaNode): Check {
    const required = (node.required ?? []).map((name) => [name, tolerance?.missing(name, node)] as const);
    const names = Object.keys(node.properties ?? {});
    const known = new Set(names);
    const checks = Object.entries(node.properties ?? {}).map(([name, index]) => compileProperty(name, index, node));
    const open = node.open === true;
    // Reading value[name] is safe: the generator refuses names that an object inherits.
    return (value, findings) => {
      if (!isRecord(value)) return addFault(findings, "type", "must be an object");
      for (const [name, pardoned] of required) {
        if (value[name] !== undefined) continue;
        if (pardoned === undefined) addFault(findings, "required", "is missing", pointer(name));
        else addDeviation(findings, pardoned.keyword, pardoned.message, pardoned.kind, pointer(name));
      }
      if (!open) {
        for (const name in value) {
          if (isFull(findings)) return;
          if (!known.has(name)) reportUnknown(findings, name);
        }
      }
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string;
        const property = value[name];
        if (property === undefined) continue;
        if (isFull(findings)) return;
        const from = findings.found.length;
        (checks[i] as Check)(property, findings);
        if (findings.found.length > from) lead(findings, from, name);
      }
    };
  }

  function reportUnknown(findings: Findings, name: string): void {
    const message = "is not a property of this message";
    if (!tolerance) addFault(findings, "additionalProperties", message, pointer(name));
    else addDeviation(findings, "additionalProperties", message, tolerance.unknownProperty, pointer(name));
  }

  function compileProperty(name: string, index: number, owner: SchemaNode): Check {
    const node = nodeAt(index);
    const check = compile(index);
    const pardon = tolerance?.property(name, node, owner);
    if (!pardon) return check;
    const item = node.items === undefined ? check : compile(node.items);
    return (value, findings) => {
      const pardoned = pardon(value);
      if (!pardoned) return check(value, findings);
      addDeviation(findings, pardoned.keyword, pardoned.message, pardoned.kind);
      if (pardoned.asItem) item(value, findings);
    };
  }

  function compileArray(node: SchemaNode): Check {
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = node;
    const item: Check = node.items === undefined ? () => {} : compile(node.items);
    return (value, findings) => {
      if (!Array.isArray(value)) return addFault(findings, "type", "must be an array");
      if (value.length > maxItems) addFault(findings, "maxItems", `must have at most ${maxItems} items`);
      if (value.length < minItems) addFault(findings, "minItems", `must have at least ${minItems} items`);
      for (let i = 0; i < value.length; i++) {
        if (isFull(findings)) return;
        const from = findings.found.length;
        item(value[i], findings);
        if (findings.found.length > from) lead(findings, from, i);
      }
    };
  }

  return compile;
}

function compileString(node: SchemaNode): Check {
  const { maxLength = Number.POSITIVE_INFINITY, minLength = 0, format } = node;
  const matches = format === undefined ? undefined : formatCheck(format as (typeof FORMATS)[number]);
  const members = node.enum && new Set<unknown>(node.enum);
  return (value, findings) => {
    if (typeof value !== "string") return addFault(findings, "type", "must be a string");
    if (value.length > maxLength && isLonger(value, maxLength)) {
      addFault(findings, "maxLength", `must have at most ${maxLength} characters`);
    }
    if (minLength > 0 && !isLonger(value, minLength - 1)) {
      addFault(findings, "minLength", `must have at least ${minLength} characters`);
    }
    if (matches && !matches(value)) addFault(findings, "format", `must be a ${format}`);
    if (members && !members.has(value)) addFault(findings, "enum", "must be one of the values OCPP lists");
  };
}

function compileNumber(node: SchemaNode): Check {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, multipleOf } = node;
  const whole = node.type === "integer";
  const expected = whole ? "must be an integer" : "must be a number";
  return (value, findings) => {
    // 1e999 is parsed as Infinity, which JSON would pass on as null.
    if (typeof value !== "number" || !Number.isFinite(value) || (whole && value % 1 !== 0)) {
      return addFault(findings, "type", expected);
    }
    if (value > maximum) addFault(findings, "maximum", `must be at most ${maximum}`);
    if (value < minimum) addFault(findings, "minimum", `must be at least ${minimum}`);
    if (
      multipleOf !== undefined &&
      Math.abs(Math.round(value / multipleOf) - value / multipleOf) > MULTIPLE_TOLERANCE
    ) {
      addFault(findings, "multipleOf", `must be a multiple of ${multipleOf}`);
    }
  };
}

/** [draft-07 validation §6.3.1] a length counts characters (code points), not the UTF-16 units of JavaScript. */
export function isLonger(text: string, length: number): boolean {
  if (text.length <= length) return false;
  if (text.length > 2 * length + 1) return true;
  let count = 0;
  for (const _ of text) if (++count > length) return true;
  return false;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
