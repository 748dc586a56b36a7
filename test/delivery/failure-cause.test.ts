import { expect, test } from "vitest";
import { causeOf } from "../../src/delivery/failure-cause.ts";

/** As workerd has it for DNS and for TLS. */
const INTERNAL = new Error("internal error; reference = eine5o4q4gpu8o52a7kngdhb");

test.each<[string, unknown, string, RegExp]>([
  [
    "of a name over https",
    INTERNAL,
    "https://example.com/h?t=1",
    /^its name could not be resolved, or the TLS handshake/,
  ],
  ["of a name over http", INTERNAL, "http://example.com/h?t=1", /^its name could not be resolved \(/],
  ["of an address over https", INTERNAL, "https://192.0.2.1/h?t=1", /^the TLS handshake failed \(/],
  ["of an IPv6 address over https", INTERNAL, "https://[2001:db8::1]/h?t=1", /^the TLS handshake failed \(/],
  ["that is not heard of", INTERNAL, "https://example.com/h?t=1", /reference = eine5o4q4gpu8o52a7kngdhb/],
  [
    "that broke off",
    new Error("Network connection lost."),
    "https://example.com/",
    /^the connection was refused or broke off$/,
  ],
  [
    "with the address in it",
    new Error("no https://example.com/h?t=1 here"),
    "https://example.com/h?t=1",
    /^no example.com here$/,
  ],
])("The cause of a failed request %s says what it can be, and nothing of a query", (_, error, url, expected) => {
  expect(causeOf(error, url)).toMatch(expected);
  expect(causeOf(error, url)).not.toContain("t=1");
});
