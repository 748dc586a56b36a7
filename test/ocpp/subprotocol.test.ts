import { describe, expect, test } from "vitest";
import { PROTOCOLS } from "../../src/ocpp/protocol.ts";
import { chooseProtocol, isProtocol, parseOffer } from "../../src/ocpp/subprotocol.ts";

test.each<[string | null, string[]]>([
  [null, []],
  ["", []],
  [" , ,", []],
  ["ocpp1.6", ["ocpp1.6"]],
  ["ocpp2.0.1,ocpp1.6", ["ocpp2.0.1", "ocpp1.6"]],
  [" ocpp2.1 ,\tocpp1.6 ", ["ocpp2.1", "ocpp1.6"]],
  ["ocpp1.6,ocpp1.6", ["ocpp1.6", "ocpp1.6"]],
])("The header %j offers %j", (header, offer) => {
  expect(parseOffer(header)).toEqual(offer);
});

describe("The choice", () => {
  test.each([
    [["ocpp1.6", "ocpp2.1"], [...PROTOCOLS], "ocpp1.6"],
    [["ocpp2.1", "ocpp1.6"], [...PROTOCOLS], "ocpp2.1"],
    [["ocpp0.1", "ocpp2.0.1"], [...PROTOCOLS], "ocpp2.0.1"],
    [["ocpp2.1", "ocpp1.6"], ["ocpp1.6" as const], "ocpp1.6"],
    [["ocpp2.1"], ["ocpp1.6" as const], null],
    [["OCPP1.6"], [...PROTOCOLS], null],
    [[], [...PROTOCOLS], null],
    [["ocpp1.6"], [], null],
  ])("from %j, where %j are allowed, is %s", (offer, allowed, chosen) => {
    expect(chooseProtocol(offer, allowed)).toBe(chosen);
  });

  test("knows the three versions by their exact names alone", () => {
    expect(PROTOCOLS.every(isProtocol)).toBe(true);
    expect(["ocpp1.5", "ocpp2.0", "ocpp", "", "toString", "Ocpp1.6"].some(isProtocol)).toBe(false);
  });
});
