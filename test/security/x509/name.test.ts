import "../../../src/security/x509/reflect-metadata.ts";
import { type JsonName, Name } from "@peculiar/x509";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DerError } from "../../../src/security/x509/der.ts";
import { comparableName, emailsOf, rdnsOf } from "../../../src/security/x509/name.ts";

const derOf = (json: JsonName) => new Uint8Array(new Name(json).toArrayBuffer());
const element = (tag: number, ...content: number[]) => [tag, content.length, ...content];
/** A name of one commonName, of any kind of string. */
const named = (tag: number, ...content: number[]) =>
  new Uint8Array(element(0x30, ...element(0x31, ...element(0x30, 0x06, 3, 0x55, 4, 3, ...element(tag, ...content)))));

/** What a library that reads all of it makes of the same. */
const byLibrary = (der: Uint8Array) =>
  JSON.stringify(
    new Name(der).toJSON().map((rdn) =>
      Object.entries(rdn)
        .flatMap(([type, values]) =>
          values.map((value) => [type, String(value).normalize("NFKC").trim().replaceAll(/\s+/g, " ").toLowerCase()]),
        )
        .map(String)
        .sort(),
    ),
  );

describe("Two names are one", () => {
  const kind = fc.constantFrom("utf8String", "bmpString", "universalString", "printableString", "ia5String");
  const word = fc.stringMatching(/^[Aa ]{1,3}$/);
  const type = fc.constantFrom("CN", "O", "1.2.840.113549.1.9.1", "2.5.4.99");
  const attribute = fc.tuple(type, fc.tuple(kind, word)).map(([name, [as, text]]) => ({ [name]: [{ [as]: text }] }));
  const rdn = fc
    .uniqueArray(attribute, { minLength: 1, maxLength: 2, selector: (each) => Object.keys(each)[0] })
    .map((all) => Object.assign({}, ...all));
  const name = fc.array(rdn, { maxLength: 2 }).map((json) => derOf(json as JsonName));

  test("where a library that reads every string says so, and there alone", () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(comparableName(one) === comparableName(other)).toBe(byLibrary(one) === byLibrary(other));
        expect(rdnsOf(one)).toHaveLength(new Name(one).toJSON().length);
        expect(emailsOf(one)).toEqual(new Name(one).getField("E"));
      }),
      { numRuns: 500 },
    );
  });

  test("in whatever string they are written, in whatever case and with whatever spaces", () => {
    const texts = [
      named(0x0c, 0x43, 0xc3, 0xa9), // UTF8String
      named(0x14, 0x63, 0xe9), // TeletexString
      named(0x1e, 0, 0x43, 0, 0xe9), // BMPString
      named(0x1c, 0, 0, 0, 0x43, 0, 0, 0, 0xc9), // UniversalString
      named(0x0c, 0x20, 0x63, 0x65, 0xcc, 0x81, 0x20), // composed of two
    ];
    expect(new Set(texts.map(comparableName)).size).toBe(1);
  });

  test("not where a string cannot be read: it is compared by its bytes", () => {
    const odd = [named(0x0c, 0xff), named(0x0c, 0xfe), named(0x1e, 0x43), named(0x1c, 0x7f, 0, 0, 0), named(2, 1)];
    expect(new Set(odd.map(comparableName)).size).toBe(odd.length);
    expect(comparableName(named(0x0c, 0x43))).not.toBe(comparableName(named(0x0c, 0x44)));
  });

  test("not where it is none", () => {
    const whole = named(0x0c, 0x43);
    for (let end = 0; end < whole.length; end++) expect(() => comparableName(whole.subarray(0, end))).toThrow(DerError);
    expect(() => comparableName(new Uint8Array([...whole, 0]))).toThrow(DerError);
  });
});
