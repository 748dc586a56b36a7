import { expect, test } from "vitest";
import { advance } from "../../../src/security/operation/advance.ts";
import type { Operation } from "../../../src/security/operation/operation.ts";

test("A station that comes as it was to come ends the operation, and no step keeps a word of what it waited for", () => {
  const operation = {
    kind: "security-upgrade",
    to: 3,
    state: "running",
    attempts: 1,
    protocol: "ocpp2.1",
    steps: [
      { name: "set-network-profile", state: "done", at: 1 },
      { name: "reset", state: "running", at: 2, detail: "the station did not answer" },
      { name: "connect", state: "pending" },
    ],
  } as unknown as Operation;
  const back = { kind: "connected", protocol: "ocpp2.1", securityProfile: 3, provedPassword: false } as const;
  const { operation: done } = advance(operation, { ...back, hasRequested: true }, 3);
  expect([done.state, done.steps]).toEqual([
    "done",
    [
      { name: "set-network-profile", state: "done", at: 1 },
      { name: "reset", state: "skipped", at: 3 },
      { name: "connect", state: "done", at: 3 },
    ],
  ]);
});
