// Makes valid and invalid payloads for every OCPP message straight from the OCA's schemas, to drive checks and the edge with.
// It must not know Kerbside's own table, checks or codes: it is their independent witness.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Protocol } from "../../src/ocpp/protocol.ts";

export type Rng = () => number;
export type Direction = "request" | "response";
export interface Message {
  readonly protocol: Protocol;
  readonly action: string;
  readonly direction: Direction;
}
export interface InvalidPayload {
  readonly payload: unknown;
  readonly keyword: string;
  readonly path: string;
  /** The CALLERROR code of the version. */
  readonly code: string;
}

export interface Schema {
  $id?: string;
  $ref?: string;
  type?: string;
  definitions?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  enum?: string[];
  minLength?: number;
  maxLength?: number;
  format?: string;
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
}

const require = createRequire(import.meta.url);
const FILES: Record<Protocol, string> = { "ocpp1.6": "ocpp1_6", "ocpp2.0.1": "ocpp2_0_1", "ocpp2.1": "ocpp2_1" };
const schemas = new Map<string, Schema>();
const messages: Message[] = [];

for (const [protocol, file] of Object.entries(FILES) as [Protocol, string][]) {
  const list = JSON.parse(readFileSync(require.resolve(`ocpp-rpc/lib/schemas/${file}.json`), "utf8")) as Schema[];
  for (const schema of list) {
    const name = (schema.$id ?? "").slice("urn:".length);
    const direction = /(\.conf|Response)$/.test(name) ? "response" : "request";
    const message: Message = { protocol, action: name.replace(/(\.req|\.conf|Request|Response)$/, ""), direction };
    schemas.set(keyOf(message), schema);
    messages.push(message);
  }
}

/** All actions × versions × directions: 78 + 128 + 181. */
export const everyMessage: readonly Message[] = messages;

export function rawSchema(message: Message): Schema {
  const schema = schemas.get(keyOf(message));
  if (!schema) throw new Error(`OCPP has no ${keyOf(message)}`);
  return schema;
}

function keyOf({ protocol, action, direction }: Message): string {
  return `${protocol} ${action} ${direction}`;
}

/** mulberry32: the same seed gives the same payloads everywhere. */
export function seeded(seed: number): Rng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `full` has every optional property, else each is there half of the time. */
export function validPayload(
  protocol: Protocol,
  action: string,
  direction: Direction,
  rng: Rng,
  extent: "full" | "some" = "some",
): Record<string, unknown> {
  const root = rawSchema({ protocol, action, direction });
  return sample(root, root, rng, extent === "full" ? 1 : 0.5) as Record<string, unknown>;
}

function resolve(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const target = root.definitions?.[schema.$ref.slice("#/definitions/".length)];
  if (!target) throw new Error(`${root.$id}: ${schema.$ref}`);
  return target;
}

function sample(raw: Schema, root: Schema, rng: Rng, share: number): unknown {
  const schema = resolve(raw, root);
  switch (schema.type) {
    case "object": {
      const entries = Object.entries(schema.properties ?? {})
        .filter(([name]) => schema.required?.includes(name) || rng() < share)
        .map(([name, it]) => [name, sample(it, root, rng, share)]);
      return Object.fromEntries(entries);
    }
    case "array": {
      const least = Math.max(schema.minItems ?? 0, share === 1 ? 1 : 0);
      const count = Math.min(least + below(rng, 2), schema.maxItems ?? 2);
      return Array.from({ length: count }, () => sample(schema.items ?? {}, root, rng, share));
    }
    case "string":
      return sampleText(schema, rng);
    case "integer":
    case "number":
      return sampleNumber(schema, rng);
    case "boolean":
      return rng() < 0.5;
    default:
      return pick(rng, ["text", 7, true, { any: ["thing"] }]);
  }
}

function sampleText(schema: Schema, rng: Rng): string {
  if (schema.enum) return pick(rng, schema.enum);
  if (schema.format === "date-time") {
    const time = new Date(1.7e12 + below(rng, 1e11)).toISOString();
    return rng() < 0.5 ? time : time.replace("Z", pick(rng, ["+01:00", "-0530", "+03", "z"]));
  }
  if (schema.format === "uri")
    return pick(rng, ["https://csms.example/a?b=c", "ftp://u@files.example:21/log", "urn:x:y"]);
  const longest = schema.maxLength ?? 40;
  const length = rng() < 0.1 ? Math.min(longest, 3000) : (schema.minLength ?? 0) + below(rng, Math.min(longest, 24));
  return Array.from({ length }, () => pick(rng, ["a", "B", "7", "-", ".", " "])).join("");
}

function sampleNumber(schema: Schema, rng: Rng): number {
  const low = schema.minimum ?? (schema.maximum === undefined ? 0 : schema.maximum - 10);
  const high = schema.maximum ?? low + 1000;
  if (schema.type === "integer") return Math.min(high, Math.ceil(low) + below(rng, high - low + 1));
  const tenths = low + below(rng, (high - low) * 10 + 1) / 10;
  return schema.multipleOf === undefined ? tenths : Math.round(tenths / schema.multipleOf) * schema.multipleOf;
}

function below(rng: Rng, bound: number): number {
  return Math.floor(rng() * bound);
}

export function pick<T>(rng: Rng, list: readonly T[]): T {
  return list[below(rng, list.length)] as T;
}

interface Mutation {
  readonly keyword: string;
  readonly path: string;
  apply(payload: Record<string, unknown>): void;
}

/** At least three payloads with exactly one fault each: no objects, and one for each keyword the schema has. */
export function invalidPayloads(protocol: Protocol, action: string, direction: Direction, rng: Rng): InvalidPayload[] {
  const root = rawSchema({ protocol, action, direction });
  const valid = validPayload(protocol, action, direction, rng, "full");
  const byKeyword = new Map<string, Mutation[]>();
  for (const mutation of mutations(root, root, valid, [])) {
    const list = byKeyword.get(mutation.keyword);
    if (list) list.push(mutation);
    else byKeyword.set(mutation.keyword, [mutation]);
  }
  const invalid = [...byKeyword.values()].map((list) => {
    const { keyword, path, apply } = pick(rng, list);
    const payload = structuredClone(valid);
    apply(payload);
    return { payload, keyword, path, code: codeOf(protocol, keyword, path) };
  });
  for (const payload of [[valid], "text"]) {
    invalid.push({ payload: payload as never, keyword: "type", path: "", code: codeOf(protocol, "type", "") });
  }
  return invalid;
}

/** The table of ocpp.md, once more and on purpose: the tested code must not be its own judge. */
function codeOf(protocol: Protocol, keyword: string, path: string): string {
  const legacy = protocol === "ocpp1.6";
  if (keyword === "additionalProperties" || path === "") return legacy ? "FormationViolation" : "FormatViolation";
  if (keyword === "type") return "TypeConstraintViolation";
  if (["required", "minItems", "maxItems"].includes(keyword)) {
    return legacy ? "OccurenceConstraintViolation" : "OccurrenceConstraintViolation";
  }
  return "PropertyConstraintViolation";
}

type Place = readonly (string | number)[];

function* mutations(raw: Schema, root: Schema, value: unknown, place: Place): Generator<Mutation> {
  const schema = resolve(raw, root);
  const put = (keyword: string, bad: unknown): Mutation => ({ keyword, path: at(place), apply: set(place, bad) });
  switch (schema.type) {
    case "object": {
      const fields = value as Record<string, unknown>;
      if (place.length > 0) yield put("type", rotate(place, ["text", [], null, 3]));
      for (const name of schema.required ?? []) {
        yield { keyword: "required", path: at([...place, name]), apply: set([...place, name], undefined) };
      }
      if (schema.additionalProperties === false) {
        const extra = [...place, "notOfOcpp"];
        yield { keyword: "additionalProperties", path: at(extra), apply: set(extra, 1) };
      }
      for (const [name, it] of Object.entries(schema.properties ?? {})) {
        yield* mutations(it, root, fields[name], [...place, name]);
      }
      return;
    }
    case "array": {
      const items = value as unknown[];
      yield put("type", rotate(place, ["text", {}, null]));
      if (schema.minItems) yield put("minItems", []);
      if (schema.maxItems !== undefined) {
        yield put(
          "maxItems",
          Array.from({ length: schema.maxItems + 1 }, () => structuredClone(items[0])),
        );
      }
      if (schema.items) yield* mutations(schema.items, root, items[0], [...place, 0]);
      return;
    }
    case "string":
      yield put("type", rotate(place, [42, true, null, {}]));
      if (schema.enum) yield put("enum", rotate(place, ["NotOfOcpp", "", schema.enum[0]?.toUpperCase().concat("_")]));
      if (schema.maxLength !== undefined) yield put("maxLength", "é".repeat(schema.maxLength + 1));
      if (schema.format) yield put("format", rotate(place, ["yesterday", "", "2026-13-01T00:00:00Z", "no uri"]));
      return;
    case "integer":
    case "number":
      yield put("type", schema.type === "integer" ? rotate(place, [1.5, "1", null]) : rotate(place, ["1", true]));
      if (schema.minimum !== undefined) yield put("minimum", schema.minimum - 1);
      if (schema.maximum !== undefined) yield put("maximum", schema.maximum + 1);
      if (schema.multipleOf !== undefined) yield put("multipleOf", schema.multipleOf * 3.5);
      return;
    case "boolean":
      yield put("type", rotate(place, ["true", 1, null]));
  }
}

/** Different wrong values at different places, without drawing from the rng. */
function rotate<T>(place: Place, list: readonly T[]): T {
  return list[at(place).length % list.length] as T;
}

function at(place: Place): string {
  return place.map((it) => `/${it}`).join("");
}

function set(place: Place, value: unknown): (payload: Record<string, unknown>) => void {
  return (payload) => {
    let parent: Record<string | number, unknown> = payload;
    for (const step of place.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
    const last = place.at(-1) as string | number;
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  };
}
