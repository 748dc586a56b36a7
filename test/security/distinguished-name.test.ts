import { describe, expect, test } from "vitest";
import { parseDistinguishedName } from "../../src/security/distinguished-name.ts";

/** "CN=a" for each attribute, with the value as it is once unescaped. */
const read = (text: string) => parseDistinguishedName(text)?.map(({ type, value }) => `${type}=${value}`) ?? null;

describe("A distinguished name", () => {
  test.each([
    ["CN=CS001", ["CN=CS001"]],
    ["CN=CS001,O=Kerbside,C=DE", ["CN=CS001", "O=Kerbside", "C=DE"]],
    ["cn=CS001", ["CN=CS001"]],
    ["CN=CS001, O=Kerbside", ["CN=CS001", "O=Kerbside"]],
    ["CN=a+O=b,OU=c", ["CN=a", "O=b", "OU=c"]],
    ["1.2.3.4=x,CN=a", ["1.2.3.4=x", "CN=a"]],
    ["CN=", ["CN="]],
    ["CN=a b", ["CN=a b"]],
    ["CN=a=b", ["CN=a=b"]],
    ["CN=a/CN=b", ["CN=a/CN=b"]],
    ["CN=a,CN=b", ["CN=a", "CN=b"]],
  ])("%j has the attributes %j", (text, attributes) => {
    expect(read(text)).toEqual(attributes);
  });

  test.each([
    ["a comma", "CN=a\\,CN=b,O=c", ["CN=a,CN=b", "O=c"]],
    ["a plus sign", "CN=a\\+CN=b", ["CN=a+CN=b"]],
    ["a quote", 'CN=a\\"b', ['CN=a"b']],
    ["a backslash", "CN=a\\\\", ["CN=a\\"]],
    ["a backslash before a comma", "CN=a\\\\,CN=b", ["CN=a\\", "CN=b"]],
    ["a backslash before an escaped comma", "CN=a\\\\\\,CN=b", ["CN=a\\,CN=b"]],
    ["angle brackets and a semicolon", "CN=\\<\\>\\;", ["CN=<>;"]],
    ["a number sign in front", "CN=\\#a", ["CN=#a"]],
    ["spaces at the ends", "CN=\\ a\\ ,O=b", ["CN= a ", "O=b"]],
    ["bytes of UTF-8", "CN=\\C3\\BC\\e9\\8d\\b5", ["CN=ü鍵"]],
    ["UTF-8 as it is", "CN=ü鍵🔌", ["CN=ü鍵🔌"]],
    ["an escaped character outside of the first plane", "CN=\\🔌", ["CN=🔌"]],
    ["a NUL", "CN=CS001\\00", ["CN=CS001\0"]],
    ["a line break", "CN=a\\0AO=b", ["CN=a\nO=b"]],
    ["a byte order mark", "CN=\\EF\\BB\\BFa", ["CN=\ufeffa"]],
    ["a comma by its number", "CN=a\\2CCN=b", ["CN=a,CN=b"]],
  ])("keeps %s that is escaped in the value", (_, text, attributes) => {
    expect(read(text)).toEqual(attributes);
  });

  test.each([
    ["nothing", ""],
    ["no attribute", "CS001"],
    ["no type", "=CS001"],
    ["a type that is none", "C N=a"],
    ["the legacy form", "/O=a/CN=b"],
    ["a separator at its end", "CN=a,"],
    ["a separator at its start", ",CN=a"],
    ["two separators", "CN=a,,O=b"],
    ["a semicolon for a separator", "CN=a;O=b"],
    ["a bare quote", 'CN="a'],
    ["a quoted value", 'CN="a,CN=b"'],
    ["a backslash at its end", "CN=a\\"],
    ["an escape cut short", "CN=a\\C"],
    ["an escape that is no UTF-8", "CN=\\FF"],
    ["half of a UTF-8 character", "CN=\\C3"],
    ["an overlong NUL", "CN=\\C0\\80"],
  ])("that has %s is none (%j)", (_, text) => {
    expect(read(text)).toBe(null);
  });
});
