import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alteredNumber, isHeld } from "../../src/ocpp/numbers.ts";
import { decode } from "../../src/ocpp/decode.ts";
import { PROTOCOLS } from "../../src/ocpp/protocol.ts";

/** [numerator, denominator] of a JSON number, exactly. */
function rational(text: string): [bigint, bigint] {
  const [, sign, whole = "", fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e([-+]?\d+))?$/i.exec(text) ?? [];
  const exponent = Number(power) - fraction.length;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  return exponent < 0 ? [digits, 10n ** BigInt(-exponent)] : [digits * 10n ** BigInt(exponent), 1n];
}

function isEqual(one: string, other: string): boolean {
  const [[a, b], [c, d]] = [rational(one), rational(other)];
  return a * d === c * b;
}

const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
const number = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(
      fc.constant("0"),
      digits(25).map((text) => text.replace(/^0+(?=\d)/, "")),
    ),
    fc.oneof(
      fc.constant(""),
      digits(25).map((text) => `.${text}`),
    ),
    fc.oneof(
      fc.constant(""),
      fc.tuple(fc.constantFrom("e", "E"), fc.constantFrom("", "+", "-"), fc.nat(400)).map((parts) => parts.join("")),
    ),
  )
  .map((parts) => parts.join(""));

const significant = (text: string): number =>
  text.replace(/e.*$/i, "").replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "").length;

describe("a number", () => {
  test.each([
    ["0", true],
    ["-0", true],
    ["1.0", true],
    ["1E5", true],
    ["1e22", true],
    ["9007199254740991", true],
    ["9007199254740993", false],
    ["9223372036854775807", false],
    ["-9223372036854775808", false],
    ["9223372036854775807.0", false],
    ["9223372036854775.807e3", false],
    ["1e400", false],
    ["-1e400", false],
    ["1e-400", false],
    ["0e99999", true],
    ["0.1234567890123456789", false],
    ["3.4000000000000001", true],
    ["1.0000000000000001", false],
    ["0.99999999999999999", false],
    ["4503599627370497.3", false],
    ["99999999999999.999", false],
    ["230.10000000000002", true],
    ["230.100006103515625", true],
    ["230.10000610351562500000", true],
    ["4.9e-324", false],
    ["5e-324", true],
  ])("%s is held: %s", (text, held) => {
    expect(isHeld(text)).toBe(held);
  });

  test("is passed on equal in value, or as the same double where it is a fraction of no more digits than one has; else it is named", () => {
    fc.assert(
      fc.property(number, (text) => {
        const written = JSON.stringify(JSON.parse(text));
        const isSame = written !== "null" && isEqual(text, written);
        if (isSame) expect(isHeld(text)).toBe(true);
        if (!isHeld(text) || isSame) return;
        expect(isEqual(text.replace(/^(-?\d+).*$/, "$1"), text), "a changed whole number").toBe(false);
        expect(Number(text)).toBe(Number(written));
        const count = significant(text);
        expect(count <= 17 || isEqual(Number(text).toPrecision(count), text)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test("that any double is printed as is held, whatever the digits", () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(double, fc.integer({ min: 17, max: 30 }), (value, precision) => {
        expect(isHeld(JSON.stringify(value))).toBe(true);
        const isWhole = Number.isInteger(value);
        if (!isWhole && Math.abs(value) > 1e-300) expect(isHeld(value.toPrecision(precision))).toBe(true);
      }),
    );
  });

  test("in any JSON is found at its place, and nowhere else", () => {
    const names = fc.constantFrom("a", "a/b", "~", "", "9223372036854775807", '"', "__proto__");
    fc.assert(
      fc.property(fc.array(names, { maxLength: 5 }), number, fc.string(), (path, text, noise) => {
        const inner = path.reduceRight(
          (held, name) => `{"n":[1,"${"1".repeat(40)}"],${JSON.stringify(name)}:[${held}]}`,
          text,
        );
        const json = `[${JSON.stringify(noise)},${inner}]`;
        const found = alteredNumber(json, JSON.parse(json));
        if (isHeld(text)) {
          expect(found).toBeNull();
          return;
        }
        const pointer = path.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}/0`).join("");
        expect(found).toMatchObject({ path: `/1${pointer}`, text: text.slice(0, 40) });
        expect(JSON.stringify(found?.value)).toContain(JSON.stringify(text));
      }),
    );
  });

  test.each(PROTOCOLS)("in a CALL of %s is never changed without a word", (protocol) => {
    fc.assert(
      fc.property(number, (text) => {
        const decoded = decode(protocol, `[2,"m","DataTransfer",{"vendorId":"v","data":[${text}]}]`);
        const call = decoded.ok && decoded.value.type === "call" ? decoded.value : null;
        expect(call?.unfit?.path).toBe(isHeld(text) ? undefined : "/data/0");
      }),
    );
  });
});
