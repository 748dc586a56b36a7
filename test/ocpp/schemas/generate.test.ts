// Shows that the generator refuses what the checks would silently skip, and makes the same output of the same input.
// It must not write files: it drives the two pure builders.

import { describe, expect, it } from "vitest";
import { buildTable, type RawSchema } from "../../../src/ocpp/schemas/build-table.ts";
import { buildTypes } from "../../../src/ocpp/schemas/build-types.ts";
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
