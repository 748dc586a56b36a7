// Compares the compiled checks with Ajv 8 on the same schemas: verdict, first fault, and the list of all faults in its order.
// It must not share anything with the checks but the payloads; a difference prints the seed that makes it again.

import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compiler } from "../../../src/ocpp/schemas/compile.ts";
import { startFindings } from "../../../src/ocpp/schemas/findings.ts";
import { faultCode, faultKind, validate } from "../../../src/ocpp/schemas/validate.ts";
import * as samples from "../../support/ocpp-samples.ts";
import { mutate } from "../../support/ocpp-mutations.ts";

const SEED = Number(process.env.KERBSIDE_SEED ?? 20261123);
/** Beyond the faults of any sample, so that the lists are complete. */
const ALL = 10_000;

function ajv(allErrors: boolean): Ajv {
  // strictNumbers: 1e999 is parsed as Infinity, which no JSON can carry on.
  const instance = new Ajv({
    strict: false,
    strictNumbers: true,
    allErrors,
    multipleOfPrecision: 6,
    validateSchema: false,
  });
  addFormats.default(instance);
  return instance;
}

const first = ajv(false);
const all = ajv(true);

function compile(instance: Ajv, message: samples.Message): ValidateFunction {
  // Ajv 8.20 takes `urn:Authorize.req` for a broken URN.
  const { $id: _, ...schema } = samples.rawSchema(message);
  return instance.compile(schema);
}

interface Seen {
  readonly keyword: string;
  readonly path: string;
}

function seenByAjv(error: ErrorObject): Seen {
  const property: string | undefined = error.params.missingProperty ?? error.params.additionalProperty;
  const tail = property === undefined ? "" : `/${property.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return { keyword: error.keyword, path: error.instancePath + tail };
}

/** With allErrors Ajv goes on to check the enumeration or the minimum of a value that is of the wrong type: noise to a reader. */
function withoutEchoes(errors: readonly ErrorObject[]): Seen[] {
  const mistyped = new Set(errors.filter((it) => it.keyword === "type").map((it) => it.instancePath));
  return errors.filter((it) => it.keyword === "type" || !mistyped.has(it.instancePath)).map(seenByAjv);
}

describe("the compiled checks and Ajv", () => {
  it("agree on verdict, code, path and order over all messages, valid, broken and mutated", () => {
    const count = { valid: 0, invalid: 0 };
    for (const message of samples.everyMessage) {
      const { protocol, action, direction } = message;
      const seed = SEED + count.valid + count.invalid;
      const rng = samples.seeded(seed);
      const payloads: unknown[] = samples.invalidPayloads(protocol, action, direction, rng).map((it) => it.payload);
      for (let i = 0; i < 4; i++) payloads.push(samples.validPayload(protocol, action, direction, rng));
      for (let i = 0; i < 16; i++) {
        payloads.push(mutate(samples.validPayload(protocol, action, direction, rng, i % 2 ? "full" : "some"), rng));
      }
      const one = compile(first, message);
      const every = compile(all, message);
      for (const payload of payloads) {
        if (payload === null) continue; // null stands for {} with us: OCPP-J's rule, not the schema's
        const told = `seed ${seed}: ${protocol} ${action} ${direction} ${JSON.stringify(payload).slice(0, 2000)}`;
        const ok = one(payload);
        count[ok ? "valid" : "invalid"]++;
        const expected = (one.errors ?? []).map(seenByAjv);
        const faults = validate(protocol, action, direction, payload).map(({ keyword, path }) => ({ keyword, path }));
        expect(faults, told).toEqual(expected);
        expect(faults.map((it) => faultCode(protocol, it))).toEqual(expected.map((it) => faultCode(protocol, it)));
        every(payload);
        const rest = validate(protocol, action, direction, payload, ALL);
        expect(
          rest.map(({ keyword, path }) => ({ keyword, path })),
          told,
        ).toEqual(withoutEchoes(every.errors ?? []));
      }
    }
    expect(count.valid).toBeGreaterThan(2_000);
    expect(count.invalid).toBeGreaterThan(5_000);
  });

  it("agree on timestamps, healthy and odd", () => {
    const digits = (low: number, high: number, width: number) =>
      fc.integer({ min: low, max: high }).map((it) => String(it).padStart(width, "0"));
    const zone = fc.constantFrom(
      "Z",
      "z",
      "+03",
      "-0530",
      "+01:00",
      "+24:00",
      "",
      "+1",
      "+23:59",
      "-00:00",
      " Z",
      "+03:60",
    );
    const timestamp = fc
      .tuple(digits(0, 9999, 4), digits(0, 13, 2), digits(0, 32, 2), fc.constantFrom("T", "t", " ", "", "TT", "\n"))
      .chain(([year, month, day, mark]) =>
        fc
          .tuple(
            digits(0, 25, 2),
            digits(0, 61, 2),
            digits(0, 61, 2),
            fc.constantFrom("", ".0", ".123456789", ".", ",5"),
            zone,
          )
          .map(([h, m, s, part, z]) => `${year}-${month}-${day}${mark}${h}:${m}:${s}${part}${z}`),
      );
    compareStrings(
      "date-time",
      fc.oneof({ weight: 8, arbitrary: timestamp }, fc.string(), fc.string({ unit: "binary" })),
    );
  });

  it("agree on URIs, healthy and odd", () => {
    const odd = fc.string({
      unit: fc.constantFrom("a", ":", "/", "[", "]", "%", "4", "@", "?", "#", ".", " ", "é", "\\", "::1"),
    });
    const uri = fc
      .tuple(fc.constantFrom("http:", "https://", "ftp://", "urn:", "ws", "//", ""), odd)
      .map((it) => it.join(""));
    compareStrings(
      "uri",
      fc.oneof(
        uri,
        fc.webUrl(),
        fc.webUrl().chain((it) => odd.map((tail) => it + tail)),
        fc.string(),
      ),
    );
  });

  it("agree on numbers, their bounds and multiples", () => {
    const nodes = [
      { type: "number", multipleOf: 0.1 },
      { type: "integer", minimum: 0, maximum: 100 },
      { type: "number", maximum: 0 },
    ] as const;
    const tenths = fc.integer({ min: -1e9, max: 1e9 }).map((it) => it / 10);
    const values = fc.oneof(
      tenths,
      fc.integer(),
      fc.double(),
      fc.float(),
      fc.constantFrom(-0, 1e308, 21.4, 1e21, "1", null),
    );
    for (const node of nodes) compareNode(node, values);
  });

  it("agree on lengths in characters, with lone surrogates too", () => {
    const unit = fc.constantFrom("a", "é", "🔌", "\ud83d", "\udd0c", "\u0000");
    compareNode({ type: "string", maxLength: 5, minLength: 2 }, fc.string({ unit, maxLength: 12 }));
  });
});

function compareStrings(format: "date-time" | "uri", strings: fc.Arbitrary<string>): void {
  compareNode({ type: "string", format }, strings);
}

function compareNode(node: Parameters<typeof compiler>[0]["nodes"][number], values: fc.Arbitrary<unknown>): void {
  const check = compiler({ nodes: [node], actions: {} })(0);
  const judge = first.compile(node);
  const property = fc.property(values, (value) => {
    const findings = startFindings(1);
    check(value, findings);
    judge(value);
    const kinds = (list: readonly { keyword: string }[]) =>
      list.map((it) => [it.keyword, faultKind({ ...it, path: "/x" })]);
    expect(kinds(findings.found)).toEqual(kinds(judge.errors ?? []));
  });
  fc.assert(property, { numRuns: 5_000, seed: SEED });
}
