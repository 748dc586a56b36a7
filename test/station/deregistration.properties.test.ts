import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { TestStation } from "../support/test-station.ts";

/** To look at it takes time, in which anything may happen. */
const PASSWORD = "correct horse battery";
/** More may be asked for. */
const RUNS = Number(process.env.KERBSIDE_PROPERTY_RUNS ?? 15);
/** The same ones each time, unless others are asked for. */
const SEED = Number(process.env.KERBSIDE_PROPERTY_SEED ?? 11);

/** One that answers at once, one that takes its time, and refuses now and then. */
let swift: HttpPeer;
let moody: HttpPeer;
let kerbside: Kerbside;
beforeAll(async () => {
  [swift, moody] = await Promise.all([HttpPeer.start(), HttpPeer.start()]);
  const entry = join(import.meta.dirname, "../support/ringing-worker.js");
  kerbside = await startKerbside({ WEBHOOK_RETRY_BASE_MS: "20" }, { entry, connectsPerStation: 10_000 });
  for (const [name, { url }] of Object.entries({ swift, moody })) {
    await kerbside.api("PUT", `/v1/webhooks/${name}`, { url, secret: SECRET });
  }
});
afterAll(async () => {
  await kerbside?.stop();
  await Promise.all([swift?.stop(), moody?.stop()]);
});

const STEPS = [
  "put",
  "delete",
  "connect",
  "start",
  "drop",
  "command",
  "sleep",
  "evict",
  "ring",
  "slow",
  "fast",
  "refuse",
] as const;
type Step = (typeof STEPS)[number];

interface Life {
  /** messageIds that were acknowledged before anybody asked for its end, in their order. */
  kept: string[];
}

/**
 * The platform evicts what is at rest. Where workerd is made to evict an object that delivers it lets no answer in, and that delivery
 * and the object hang until it is given up, after 15 s.
 */
async function isAtRest(id: string): Promise<boolean> {
  const [{ status, body }, held] = await Promise.all([
    kerbside.api("GET", `/v1/stations/${id}`),
    kerbside.api("GET", `/test/storage?station=${id}`),
  ]);
  return status === 200 && body.queue.events === 0 && !held.body.facts.includes("ended");
}

/** Plays the steps on one station, some of them without waiting for the one before, and keeps what it was promised. */
async function play(id: string, steps: readonly { step: Step; isAwaited: boolean }[]) {
  const path = `/v1/stations/${id}`;
  const url = `ws://localhost:${kerbside.edge.port}/ocpp/${id}`;
  const lives: Life[] = [];
  const transactionIds: number[] = [];
  const statuses: number[] = [];
  const commands: string[] = [];
  const lines: TestStation[] = [];
  let station: TestStation | null = null;
  let isRegistered = false;
  let count = 0;
  const start = async (line: TestStation, life: Life | undefined) => {
    const messageId = `${id}-${count++}`;
    const timestamp = new Date(1_795_000_000_000 + count * 1_000).toISOString();
    const payload = { connectorId: 1, idTag: "TAG", meterStart: count, timestamp };
    line.send([2, messageId, "StartTransaction", payload]);
    const answered = await until("an answer or an end", () => {
      const frame = line.frames.find(([, given]) => given === messageId);
      return frame ?? (line.socket.readyState === line.socket.OPEN ? null : ["ended"]);
    });
    if (answered[0] !== 3) return;
    transactionIds.push(answered[2].transactionId);
    // What a line was answered that ended meanwhile belongs to the life that ended.
    if (life === lives.at(-1)) life?.kept.push(messageId);
  };
  const act = async (step: Step): Promise<void> => {
    switch (step) {
      case "put": {
        const { status } = await kerbside.api("PUT", path, { securityProfile: 1, password: PASSWORD });
        statuses.push(status);
        if (status === 201) lives.push({ kept: [] });
        isRegistered = true;
        return;
      }
      case "delete": {
        isRegistered = false;
        const { status } = await kerbside.api("DELETE", path);
        statuses.push(status);
        return;
      }
      case "connect":
        station = await TestStation.connect({ url, user: id, password: PASSWORD }).catch(() => null);
        if (station === null) return;
        // Of several at once any may be the one that stays.
        lines.push(station);
        station.answerCalls(() => ({ status: "Accepted" }));
        return;
      case "start":
        if (station !== null) await start(station, lives.at(-1));
        return;
      case "drop":
        station?.kill();
        station = null;
        return;
      case "command": {
        const more = { expiresInSeconds: 60 };
        const { status, body } = await kerbside.api("POST", `${path}/commands`, {
          action: "ClearCache",
          payload: {},
          ...more,
        });
        statuses.push(status);
        if (body?.commandId !== undefined) commands.push(body.commandId);
        return;
      }
      case "sleep":
        return new Promise((resolve) => setTimeout(resolve, 30));
      case "evict":
        if (await isAtRest(id))
          await kerbside.edge.evict(id, { webSockets: count % 2 === 0 ? "hibernate" : "close" }).catch(() => {});
        return;
      case "ring":
        await kerbside.api("GET", `/test/ring?station=${id}`);
        return;
      case "slow":
        moody.reply = () => ({ status: 204, delayMs: 60 });
        return;
      case "fast":
        moody.reply = () => ({ status: 204 });
        return;
      case "refuse":
        moody.reply = () => ({ status: 500, delayMs: 10 });
    }
  };
  const open: Promise<void>[] = [];
  for (const { step, isAwaited } of steps) {
    // What comes while workerd evicts has to wait.
    if (step === "evict") await Promise.all(open);
    const done = act(step);
    if (isAwaited || step === "evict") await done;
    else open.push(done);
  }
  await Promise.all(open);
  moody.reply = () => ({ status: 204 });
  for (const line of lines) line.kill();
  return { lives, transactionIds, statuses, isConcurrent: open.length > 0, isRegistered };
}

const eventsAt = (peer: HttpPeer, id: string): TestEvent[] => eventsOf(peer).filter(({ subject }) => subject === id);

let runs = 0;

/** Of every station: sequences rise, no transactionId comes twice, and the last life has all that was acknowledged. */
async function holds(steps: readonly { step: Step; isAwaited: boolean }[]): Promise<void> {
  const id = `PROPERTY-${runs++}`;
  swift.requests.splice(0);
  moody.requests.splice(0);
  const { lives, transactionIds, statuses, isConcurrent, isRegistered } = await play(id, steps);
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
  expect(new Set(transactionIds).size).toBe(transactionIds.length);

  const { status } = await kerbside.api("GET", `/v1/stations/${id}`);
  if (!isConcurrent) expect(status).toBe(isRegistered ? 200 : 404);
  if (status === 200) {
    await until("an empty queue", async () => {
      const { body } = await kerbside.api("GET", `/v1/stations/${id}`);
      return body.queue.events === 0 && !body.online;
    });
    // Whatever was done to its predecessors, it can be used.
    const url = `ws://localhost:${kerbside.edge.port}/ocpp/${id}`;
    const heir = await TestStation.connect({ url, user: id, password: PASSWORD });
    heir.answerCalls(() => ({ status: "Accepted" }));
    expect((await heir.call("Heartbeat", {}, "alive"))[0]).toBe(3);
    await until("its connection's event", () => eventsAt(swift, id).at(-1) !== undefined);
    heir.kill();
    await until("an empty queue", async () => {
      const { body } = await kerbside.api("GET", `/v1/stations/${id}`);
      return body.queue.events === 0 && !body.online;
    });
    if (!isConcurrent) {
      for (const peer of [swift, moody]) {
        const messages = eventsAt(peer, id).map(({ data }) => data.messageId);
        for (const messageId of lives.at(-1)?.kept ?? []) expect(messages).toContain(messageId);
      }
    }
  }
  for (const peer of [swift, moody]) {
    // One life after the other: not even a farewell comes behind the first events of the next one.
    const sequences = eventsAt(peer, id).map(({ sequence }) => sequence as number);
    expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b));
  }
}

test(
  "Whatever is done to a station's registration, and when, nothing of an earlier life meets a later one",
  async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<Step>("put", "delete", "connect", "start") },
      { weight: 1, arbitrary: fc.constantFrom<Step>(...STEPS) },
    );
    const steps = fc.array(fc.record({ step, isAwaited: fc.boolean() }), { minLength: 5, maxLength: 25, size: "max" });
    const whole = steps.map((list) => [{ step: "put" as Step, isAwaited: true }, ...list]);
    await fc.assert(fc.asyncProperty(whole, holds), { numRuns: RUNS, seed: SEED, endOnFailure: true });
  },
  60_000 + RUNS * 4_000,
);
