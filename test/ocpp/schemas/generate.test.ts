// Shows that the generator refuses what the checks would silently skip, and makes the same output of the same input.
// It must not write files: it drives the two pure builders.

import { describe, expect, it } from "vitest";
import type { Protocol } from "../../../src/ocpp/protocol.ts";
import { buildTable, type RawSchema } from "../../../src/ocpp/schemas/build-table.ts";
import { buildTypes } from "../../../src/ocpp/schemas/build-types.ts";
import { packTables, unpackTable } from "../../../src/ocpp/schemas/packed-table.ts";
import type { SchemaNode, SchemaTable } from "../../../src/ocpp/schemas/table.ts";
import { everyMessage, rawSchema } from "../../support/ocpp-samples.ts";

function message(properties: Record<string, RawSchema>, more: Partial<RawSchema> = {}): RawSchema {
  return { $id: "urn:Authorize.req", type: "object", additionalProperties: false, properties, ...more };
}

describe("the generator", () => {
  it.each<[string, RawSchema, RegExp]>([
    [
      "a keyword it does not know",
      message({ a: { type: "string", pattern: "^x" } }),
      /urn:Authorize.req: keyword pattern/,
    ],
    [
      "a keyword that means nothing beside its type",
      message({ a: { type: "boolean", maxLength: 3 } }),
      /keyword maxLength/,
    ],
    ["a list of types", message({ a: { type: ["string", "null"] as never } }), /keyword type/],
    ["a format it cannot check", message({ a: { type: "string", format: "email" } }), /keyword format email/],
    ["an enumeration of numbers", message({ a: { type: "string", enum: [1] as never } }), /keyword enum/],
    [
      "additionalProperties with a schema",
      message({}, { additionalProperties: {} as never }),
      /keyword additionalProperties/,
    ],
    ["items that are a tuple", message({ a: { type: "array", items: [{}] as never } }), /keyword 0/],
    ["a property that every object inherits", message({ constructor: { type: "string" } }), /property constructor/],
    ["a $ref into another file", message({ a: { $ref: "other.json#/x" } }), /\$ref other.json/],
    ["a $ref to nothing", message({ a: { $ref: "#/definitions/B" } }), /leads nowhere/],
    [
      "a schema that contains itself",
      message({ a: { $ref: "#/definitions/B" } }, { definitions: { B: message({ b: { $ref: "#/definitions/B" } }) } }),
      /contains itself/,
    ],
    ["an id that names no message", { ...message({}), $id: "http://x/y" }, /not a name of a message/],
    ["a response without a request", { ...message({}), $id: "urn:Authorize.conf" }, /a response alone/],
  ])("refuses %s", (_, schema, reason) => {
    expect(() => buildTable([schema])).toThrow(reason);
  });

  it("makes the same table and types of the same schemas", () => {
    const schemas = everyMessage.filter((it) => it.protocol === "ocpp2.1").map((it) => rawSchema(it) as RawSchema);
    expect(JSON.stringify(buildTable(schemas))).toBe(JSON.stringify(buildTable(structuredClone(schemas))));
    expect(buildTypes(schemas)).toBe(buildTypes(structuredClone(schemas)));
  });

  it("keeps no text of the OCA's but names and values", () => {
    const schemas = everyMessage
      .map((it) => rawSchema(it) as RawSchema)
      .filter((it) => String(it.$id).endsWith("Request"));
    expect(JSON.stringify(buildTable(schemas)) + buildTypes(schemas)).not.toMatch(/This class|javaType|Commons/);
  });
});

describe("tables that are written together", () => {
  it("come back as they were, each by itself: its properties, what is required and their order", () => {
    const tables = (["ocpp1.6", "ocpp2.1", "ocpp2.0.1"] as const).map((protocol) => buildTable(schemasOf(protocol)));
    const text = packTables(tables);
    for (const [which, table] of tables.entries()) {
      const back = unpackTable(text, which);
      expect(Object.keys(back.actions)).toEqual(Object.keys(table.actions));
      for (const [action, [request, response]] of Object.entries(table.actions)) {
        const [other, answer] = back.actions[action] ?? [];
        expect(spelt(back, other)).toBe(spelt(table, request));
        expect(spelt(back, answer)).toBe(spelt(table, response));
      }
    }
  });

  it("are refused where they would come back as another", () => {
    const table = (node: RawSchema) => [buildTable([message({ a: node })])];
    expect(() => packTables(table({ type: "string", enum: ["A B"] }))).toThrow(/space/);
    expect(() => packTables([buildTable([message({ "a!": { type: "string" } })])])).toThrow(/property a!/);
  });
});

const schemasOf = (protocol: Protocol) =>
  everyMessage.filter((each) => each.protocol === protocol).map((each) => rawSchema(each) as RawSchema);

/** A schema with all that it refers to, in its order, which is that of the faults. */
function spelt({ nodes }: SchemaTable, index: number | undefined): string {
  const node = (at: number): unknown => {
    const { properties = {}, required = [], items, ...more } = nodes[at] as SchemaNode;
    const inside = Object.entries(properties).map(([name, each]) => [name, node(each)]);
    return [inside, required, items === undefined ? null : node(items), Object.entries(more).sort()];
  };
  return JSON.stringify(index === undefined ? null : node(index));
}
