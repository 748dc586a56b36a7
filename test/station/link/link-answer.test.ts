import { expect, test } from "vitest";
import { isTrouble } from "../../../src/station/link/link-answer.ts";

test.each([
  ["InternalError", true],
  ["GenericError", true],
  // [2.x B02.FR.09] Of a CSMS that has not accepted the station.
  ["SecurityError", true],
  ["NotImplemented", false],
  ["FormationViolation", false],
])("A CSMS that answers %s may take the same CALL later: %s", (code, expected) => {
  expect(isTrouble({ type: "callError", messageId: "m", code, description: "", details: {} })).toBe(expected);
});
