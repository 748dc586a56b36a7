import fc from "fast-check";
import { expect, test } from "vitest";
import type { Command } from "../../../src/station/command/command-row.ts";
import { CommandStore } from "../../../src/station/command/command-store.ts";
import { Store } from "../../../src/station/storage/store.ts";
import { sqliteStorage } from "../../support/sqlite-storage.ts";

const EVERY_ROW = "SELECT value FROM facts WHERE key > '~command:' AND key < '~command;' ORDER BY key";
const RESULT = { state: "result" as const, payload: {} };

const commandOf = (id: string, state: "queued" | "sent"): Command => ({
  id,
  action: "Reset",
  payload: { type: "Soft" },
  state,
  outcome: null,
  createdAt: 0,
  sentAt: state === "sent" ? 0 : null,
  completedAt: null,
  timeoutMs: 30_000,
  expiresAt: 1_000,
  keepOffline: true,
  retry: "always",
  idempotencyKey: null,
  bodyDigest: null,
});

/** One object's storage, and the store as it is since the object woke. */
function open() {
  const { storage, statements } = sqliteStorage();
  const store = new Store(storage);
  store.create();
  const rows = () => store.run<{ value: string }>(EVERY_ROW).map(({ value }) => JSON.parse(value) as Command);
  const wake = () => new CommandStore(new Store(storage));
  return { store, statements, rows, wake };
}

const idsOf = (commands: readonly Command[]) => commands.map(({ id }) => id);

type Step = "queue" | "send" | "sendNext" | "settle" | "requeue" | "crash" | "sendWithClockBack" | "cancel";
const step = fc.constantFrom<Step>(
  "queue",
  "send",
  "sendNext",
  "settle",
  "requeue",
  "crash",
  "sendWithClockBack",
  "cancel",
);

test("Whatever was queued, sent, answered and lost in a crash, exactly what is sent is found", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const { rows, wake } = open();
      let commands = wake();
      let [later, earlier] = [5_000, 5_000];
      const id = (at: number) => String(at).padStart(8, "0");
      for (const each of steps) {
        const [sent] = commands.sent();
        const [queued] = commands.queued();
        if (each === "queue") commands.insert(commandOf(id(later++), "queued"));
        if (each === "send") commands.insert(commandOf(id(later++), "sent"));
        if (each === "sendWithClockBack") commands.insert(commandOf(id(--earlier), "sent"));
        if (each === "sendNext" && queued !== undefined) commands.markSent(queued.id, 1);
        if (each === "settle" && sent !== undefined) commands.settle(sent.id, RESULT, 2);
        if (each === "requeue" && sent !== undefined) commands.requeue(sent.id);
        if (each === "cancel" && queued !== undefined) commands.end(queued.id, "cancelled", null, 2);
        if (each === "crash") commands = wake();
        const [inSent, inQueue] = ["sent", "queued"].map((state) => rows().filter((row) => row.state === state));
        expect(idsOf(commands.sent())).toEqual(idsOf(inSent ?? []));
        expect(idsOf(wake().sent())).toEqual(idsOf(inSent ?? []));
        expect(idsOf(wake().queued())).toEqual(idsOf(inQueue ?? []));
      }
    }),
    { numRuns: 200 },
  );
});

test("What is sent is found among thousands by reading no more than itself", () => {
  const { wake, statements } = open();
  const commands = wake();
  for (let at = 0; at < 2_000; at++) {
    commands.insert(commandOf(String(at).padStart(8, "0"), "sent"));
    commands.settle(String(at).padStart(8, "0"), RESULT, 1);
  }
  commands.insert(commandOf("00002000", "sent"));
  const woken = wake();
  woken.queued();
  statements.splice(0);
  expect(idsOf(woken.sent())).toEqual(["00002000"]);
  // The last key, its row, and one that is named and was answered since.
  expect(statements.length).toBeLessThanOrEqual(4);
  // By its key, and never by what is in the rows.
  for (const { query, rows } of statements) expect([rows <= 1, query.includes("->>")]).toEqual([true, false]);
});

test("What an older release sent, which named nothing, is found once by looking at all, and then by name", () => {
  const { store, wake, statements } = open();
  for (const [at, state] of (["sent", "queued", "queued"] as const).entries()) {
    store.setDocument(`~command:${at}`, commandOf(String(at), state));
  }
  store.setFact("queue", ["1", "2"]);
  expect([idsOf(wake().sent()), idsOf(wake().queued())]).toEqual([["0"], ["1", "2"]]);
  statements.splice(0);
  expect(idsOf(wake().sent())).toEqual(["0"]);
  expect(statements.some(({ query }) => query.includes("->> 'state'"))).toBe(false);
});
