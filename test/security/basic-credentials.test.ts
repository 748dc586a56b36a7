import { expect, test } from "vitest";
import { parseBasic } from "../../src/security/basic-credentials.ts";

const encode = (text: string) => Buffer.from(text, "latin1").toString("base64");

test.each<[string, string, { user: string; password: string }]>([
  ["user and password", `Basic ${encode("CS001:secret")}`, { user: "CS001", password: "secret" }],
  ["a lower-case scheme", `basic ${encode("CS001:secret")}`, { user: "CS001", password: "secret" }],
  ["several spaces", `BASIC   ${encode("CS001:secret")}  `, { user: "CS001", password: "secret" }],
  ["a password with colons", `Basic ${encode("CS001:a:b::c")}`, { user: "CS001", password: "a:b::c" }],
  ["an empty password", `Basic ${encode("CS001:")}`, { user: "CS001", password: "" }],
  ["an empty user", `Basic ${encode(":secret")}`, { user: "", password: "secret" }],
  ["bytes that are no UTF-8", `Basic ${encode("CS001:\x00\xff\x80")}`, { user: "CS001", password: "\x00\xff\x80" }],
  ["no padding", `Basic ${encode("CS001:secret").replace(/=+$/, "")}`, { user: "CS001", password: "secret" }],
])("Reads %s", (_, header, credentials) => {
  expect(parseBasic(header)).toEqual(credentials);
});

test.each<[string, string | null]>([
  ["no header", null],
  ["an empty header", ""],
  ["the scheme alone", "Basic"],
  ["the scheme and a space", "Basic "],
  ["another scheme", `Digest ${encode("CS001:secret")}`],
  ["a longer scheme", `Basically ${encode("CS001:secret")}`],
  ["no space", `Basic${encode("CS001:secret")}`],
  ["no colon", `Basic ${encode("CS001")}`],
  ["characters outside of base64", "Basic ~~~~"],
  ["the URL's alphabet", "Basic Pz8_Og=="],
  ["a length that base64 cannot have", "Basic QUJDR"],
  ["two values", `Basic ${encode("CS001:secret")}, Basic ${encode("CS002:secret")}`],
  ["something in front", `x Basic ${encode("CS001:secret")}`],
])("Reads nothing from %s", (_, header) => {
  expect(parseBasic(header)).toBe(null);
});
