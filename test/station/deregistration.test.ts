import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, STATUS_16, TestStation } from "../support/test-station.ts";

let kerbside: Kerbside;
let swift: HttpPeer;
let slow: HttpPeer;
beforeAll(async () => {
  [swift, slow] = await Promise.all([HttpPeer.start(), HttpPeer.start()]);
  kerbside = await startKerbside({ WEBHOOK_RETRY_BASE_MS: "100" });
  for (const [name, { url }] of Object.entries({ swift, slow })) {
    expect((await kerbside.api("PUT", `/v1/webhooks/${name}`, { url, secret: SECRET })).status).toBe(201);
  }
});
afterAll(async () => {
  await kerbside?.stop();
  await Promise.all([swift?.stop(), slow?.stop()]);
});

const pathOf = (id: string) => `/v1/stations/${id}`;
const put = (id: string, registration: object = { securityProfile: 0 }) =>
  kerbside.api("PUT", pathOf(id), registration);
const remove = (id: string) => kerbside.api("DELETE", pathOf(id));
const view = async (id: string) => (await kerbside.api("GET", pathOf(id))).body;
const eventsAt = (peer: HttpPeer, id: string): TestEvent[] => eventsOf(peer).filter(({ subject }) => subject === id);
const named = (vendor: string) => ({ ...BOOT_16, chargePointVendor: vendor });
const connect = (id: string) => kerbside.station(id, { register: false });

/** Answers 204 after `ms`. */
const delayed = (ms: number) => () => ({ status: 204, delayMs: ms });
/** Holds the next delivery that has `text` in it until it is given an answer; whatever else comes is acknowledged. */
function hold(peer: HttpPeer, text: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = { status: 204, isHeld: false };
  peer.reply = ({ body }) => {
    if (held.isHeld || !body.includes(text)) return { status: 204 };
    held.isHeld = true;
    // Told when it is answered.
    return {
      get status() {
        return held.status;
      },
      after: promise,
    };
  };
  return {
    held: () => until(`a delivery with ${text}`, () => held.isHeld),
    answer: (status: number) => {
      held.status = status;
      resolve();
    },
  };
}

/** Comes back whenever its connection ends, as stations do, until it is told to stop. */
function persistent(id: string): () => void {
  let isWanted = true;
  const run = async () => {
    while (isWanted) {
      const station = await TestStation.connect({ url: `ws://localhost:${kerbside.edge.port}/ocpp/${id}` }).catch(
        () => null,
      );
      if (station === null) continue;
      for (let count = 0; count < 5; count++) station.send([2, `b${count}`, "StatusNotification", STATUS_16]);
      await Promise.race([station.closed, until("the end", () => !isWanted)]);
      station.kill();
    }
  };
  void run();
  return () => {
    isWanted = false;
  };
}

/** It answers, and goes on answering. */
async function atRest(): Promise<void> {
  for (let count = 0; count < 5; count++) {
    const { status } = await fetch(`${kerbside.edge.httpUrl}/healthz`, { signal: AbortSignal.timeout(5_000) });
    expect(status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe("A station that is deregistered and registered anew at once", () => {
  test.each([400, 3_000])(
    "leaves workerd at rest, though a webhook takes %d ms and the station returns by itself",
    async (ms) => {
      swift.reply = delayed(20);
      slow.reply = delayed(ms);
      const ids = Array.from({ length: 12 }, (_, index) => index).map((number) => `SPIN-${ms}-${number}`);
      await Promise.all(ids.map((id) => put(id)));
      const ends = ids.map(persistent);
      for (const id of ids) await until("the station", async () => (await view(id)).online);
      for (let round = 0; round < 2; round++) {
        await Promise.all(
          ids.map(async (id) => {
            expect((await remove(id)).status).toBe(204);
            expect((await put(id)).status).toBe(201);
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      for (let count = 0; count < 5; count++) {
        const { status } = await fetch(`${kerbside.edge.httpUrl}/healthz`, { signal: AbortSignal.timeout(5_000) });
        expect(status).toBe(200);
        await new Promise((resolve) => setTimeout(resolve, ms / 4));
      }
      for (const end of ends) end();
      swift.reply = slow.reply = () => ({ status: 204 });
    },
  );

  test("leaves workerd at rest, whatever came of a line that it opened while it was removed", async () => {
    const id = "SPIN-HELD";
    const { answer } = hold(swift, '"late-0"');
    slow.reply = delayed(400);
    const station = await kerbside.station(id);
    await station.call("StatusNotification", STATUS_16);
    let isRemoved = false;
    const removed = remove(id).then(() => {
      isRemoved = true;
    });
    await station.closed;
    while (!isRemoved) {
      const returned = await connect(id).catch(() => null);
      for (let count = 0; returned !== null && count < 2; count++) {
        returned.send([2, `late-${count}`, "StatusNotification", STATUS_16]);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      if (returned !== null) await removed;
    }
    expect((await put(id)).status).toBe(201);
    const successor = await connect(id);
    await successor.call("StatusNotification", STATUS_16, "new");
    answer(204);
    await atRest();
    await until("the new event", () => eventsAt(swift, id).some(({ data }) => data.messageId === "new"));
  });

  test.each([204, 500])("has nothing of a delivery of its earlier life that is answered %d later", async (status) => {
    const id = `STALE-${status}`;
    const { held, answer } = hold(slow, id);
    const station = await kerbside.station(id);
    await station.call("BootNotification", named("Old"));
    for (let count = 0; count < 5; count++) await station.call("StatusNotification", STATUS_16);
    await held();
    expect((await remove(id)).status).toBe(204);
    expect((await put(id)).status).toBe(201);
    expect(await view(id)).toMatchObject({ boot: null, connectors: [] });
    const successor = await connect(id);
    await successor.call("BootNotification", named("New"));
    answer(status);
    const before = (await view(id)).queue;
    for (let count = 0; count < 5; count++) await successor.call("StatusNotification", STATUS_16, `new-${count}`);
    await until("the new events", () => eventsAt(slow, id).some(({ data }) => data.messageId === "new-4"));
    await until("an empty queue", async () => (await view(id)).queue.events === 0);
    expect(await view(id)).toMatchObject({ boot: { vendor: "New" }, queue: { events: 0, deadLetters: 0 } });
    expect(before.deadLetters).toBe(0);

    const lives = Map.groupBy(eventsAt(slow, id), (event) => String(event.id).slice(0, 36));
    const [, second] = [...lives.values()];
    const sequences = second?.map(({ sequence }) => sequence) ?? [];
    // Connected, booted, and five times its status: all of them, in order, none skipped.
    expect(sequences).toEqual(Array.from({ length: 7 }, (_, index) => (sequences[0] ?? 0) + index));
    expect(eventsAt(swift, id).at(-1).id).toBe(second?.at(-1).id);
  });
});
