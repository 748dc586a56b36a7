import { readdirSync } from "node:fs";
import { join } from "node:path";
import { WebSocket } from "ws";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/edge-client.ts";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, STATUS_16, TestStation } from "../support/test-station.ts";

const folder = temporaryFolder();
/** What the first edge logged. */
const lines: string[] = [];
/** A second one, with a CSMS. */
let asking: Kerbside;
let csms: HttpPeer;
let kerbside: Kerbside;
let swift: HttpPeer;
let slow: HttpPeer;
beforeAll(async () => {
  [swift, slow, csms] = await Promise.all([HttpPeer.start(), HttpPeer.start(), HttpPeer.start()]);
  const entry = join(import.meta.dirname, "../support/ringing-worker.js");
  [kerbside, asking] = await Promise.all([
    startKerbside({ WEBHOOK_RETRY_BASE_MS: "100" }, { dir: folder.dir, entry, log: (line) => lines.push(line) }),
    startKerbside({ CSMS_URL: csms.url }),
  ]);
  for (const [name, { url }] of Object.entries({ swift, slow })) {
    expect((await kerbside.api("PUT", `/v1/webhooks/${name}`, { url, secret: SECRET })).status).toBe(201);
  }
});
afterAll(async () => {
  await Promise.all([kerbside?.stop(), asking?.stop()]);
  await Promise.all([swift?.stop(), slow?.stop(), csms?.stop()]);
  folder.remove();
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

/** What the object of a station holds, seen from within. */
const stored = async (id: string, what = "storage") => (await kerbside.api("GET", `/test/${what}?station=${id}`)).body;
const directory = async (id: string) =>
  (await kerbside.api("GET", "/test/directory")).body.find((row: { station_id: string }) => row.station_id === id);
const emptied = (id: string) => until("an empty storage", async () => (await stored(id)).tables.length === 0);
const isOpen = (station: TestStation) => station.socket.readyState === station.socket.OPEN;

describe("DELETE", () => {
  test("is answered within 2 s though a webhook hangs, and what is registered meanwhile stays when that one is done", async () => {
    const { held, answer } = hold(slow, "HANGING");
    const station = await kerbside.station("HANGING");
    await station.call("BootNotification", named("Old"));
    await held();
    const before = performance.now();
    expect((await remove("HANGING")).status).toBe(204);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(await station.closed).toEqual({ code: 1008, reason: "deregistered" });
    expect((await kerbside.api("GET", pathOf("HANGING"))).status).toBe(404);

    const made = await put("HANGING", { securityProfile: 1, password: "generate" });
    expect(made.status).toBe(201);
    const queued = await kerbside.command("HANGING", "ClearCache", {}, { expiresInSeconds: 600 });
    expect(queued.status).toBe(202);
    expect((await stored("HANGING")).facts).toContain("ended");
    answer(204);
    await until("the end of the old one", async () => !(await stored("HANGING")).facts.includes("ended"));
    const url = `ws://localhost:${kerbside.edge.port}/ocpp/HANGING`;
    const successor = await TestStation.connect({ url, user: "HANGING", password: made.body.password });
    expect((await successor.next())[1]).toBe(queued.body.commandId);
    expect(await view("HANGING")).toMatchObject({ online: true, hasPassword: true, boot: null });
    // Of the old log nothing is left, of the new one all.
    const [first] = eventsAt(swift, "HANGING")
      .filter(({ type }) => type === "ocpp.station.connected")
      .slice(1);
    expect((await stored("HANGING")).sequences[0]).toBe(
      await until(
        "its first event",
        () =>
          first?.sequence ??
          eventsAt(swift, "HANGING").filter(({ type }) => type === "ocpp.station.connected")[1]?.sequence,
      ),
    );
    successor.kill();
  });

  test("has the last events delivered in the background, once to each webhook, and then leaves no storage, alarm or row", async () => {
    const { held, answer } = hold(slow, "LAST-WORDS");
    const station = await kerbside.station("LAST-WORDS");
    await station.call("StatusNotification", STATUS_16, "last-message");
    await held();
    await remove("LAST-WORDS");
    answer(204);
    for (const peer of [swift, slow]) {
      await until("the last event", () => eventsAt(peer, "LAST-WORDS").at(-1)?.data.reason === "deregistered");
    }
    await emptied("LAST-WORDS");
    expect(await stored("LAST-WORDS")).toEqual({ tables: [], facts: [], sequences: [], alarmAt: null });
    expect(await directory("LAST-WORDS")).toBeUndefined();
    const atSwift = eventsAt(swift, "LAST-WORDS").map(({ sequence }) => sequence);
    expect(eventsAt(slow, "LAST-WORDS").map(({ sequence }) => sequence)).toEqual(atSwift);
  });

  test("tries a webhook that refuses its last events once and no more", async () => {
    slow.reply = ({ body }) => ({ status: body.includes("REFUSED-LAST") ? 500 : 204 });
    const station = await kerbside.station("REFUSED-LAST");
    await station.call("StatusNotification", STATUS_16);
    await remove("REFUSED-LAST");
    await emptied("REFUSED-LAST");
    const attempts = slow.requests.filter(({ body }) => body.includes("REFUSED-LAST")).length;
    expect(eventsAt(swift, "REFUSED-LAST").at(-1).data.reason).toBe("deregistered");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(slow.requests.filter(({ body }) => body.includes("REFUSED-LAST"))).toHaveLength(attempts);
    slow.reply = () => ({ status: 204 });
  });

  test("tells who waits for a command at once: what was sent timed out, what was queued is cancelled", async () => {
    const station = await kerbside.station("WAITED-FOR");
    const sent = kerbside.command("WAITED-FOR", "Reset", { type: "Soft" });
    const [, sentId] = await station.next();
    const queued = kerbside.command("WAITED-FOR", "ClearCache");
    await until("the queue", async () => (await view("WAITED-FOR")).queue.commands === 1);
    expect((await remove("WAITED-FOR")).status).toBe(204);
    expect((await sent).body).toMatchObject({ commandId: sentId, state: "timeout" });
    expect(await queued).toMatchObject({ status: 409, body: { state: "cancelled" } });
    const completed = () =>
      eventsAt(swift, "WAITED-FOR").filter(({ type }) => type === "ocpp.command.completed").length === 2;
    await until("both ends told", completed);
  });

  test.each([1, 2, 3])("and PUT, asked at once, leave either no station or a whole one (%d)", async (round) => {
    const id = `AT-ONCE-${round}`;
    slow.reply = delayed(300);
    const station = await kerbside.station(id);
    await station.call("BootNotification", named("Old"));
    const answers = await Promise.all([remove(id), put(id), remove(id), put(id)]);
    expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
    const made = await put(id);
    expect([200, 201]).toContain(made.status);
    const successor = await connect(id);
    await until("the end of the old ones", async () => !(await stored(id)).facts.includes("ended"));
    expect(isOpen(successor)).toBe(true);
    expect(await view(id)).toMatchObject({ online: true });
    const sequences = eventsAt(swift, id).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(sequences).size).toBe(sequences.length);
    slow.reply = () => ({ status: 204 });
  });

  test("while a station's password is looked at leaves it out, or closes what it let in", async () => {
    const password = "correct horse battery";
    const url = `ws://localhost:${kerbside.edge.port}/ocpp/HASHING`;
    for (let round = 0; round < 5; round++) {
      expect((await put("HASHING", { securityProfile: 1, password })).status).toBe(201);
      const knocking = TestStation.connect({ url, user: "HASHING", password }).catch((refusal: unknown) => refusal);
      await new Promise((resolve) => setTimeout(resolve, 2 * round));
      expect((await remove("HASHING")).status).toBe(204);
      const outcome = await knocking;
      if (outcome instanceof TestStation) expect((await outcome.closed).reason).toBe("deregistered");
      else expect(outcome).toMatchObject({ status: 404 });
      await emptied("HASHING");
    }
  });
});

describe("The events of a registration", () => {
  const messagesAt = (peer: HttpPeer, id: string) =>
    eventsAt(peer, id).map(({ type, data }) => data.messageId ?? data.reason ?? type.split(".").at(-1));

  test("wait for a webhook that has the last ones of the registration before it still, and for no other", async () => {
    const id = "IN-TURN";
    const { held, answer } = hold(slow, "IN-TURN-old");
    const station = await kerbside.station(id);
    await station.call("StatusNotification", STATUS_16, "IN-TURN-old");
    await held();
    await remove(id);
    await put(id);
    const successor = await connect(id);
    await successor.call("StatusNotification", STATUS_16, "new");
    await until("the new events elsewhere", () => messagesAt(swift, id).includes("new"));
    const before = ["connected", "IN-TURN-old"];
    expect(messagesAt(slow, id)).toEqual(before);
    answer(204);
    const all = [...before, "deregistered", "connected", "new"];
    await until("the new events", () => messagesAt(slow, id).includes("new"));
    expect([messagesAt(slow, id), messagesAt(swift, id)]).toEqual([all, all]);
  });

  test("wait for it over a crash of the object, and do not come before what another webhook was told last", async () => {
    const id = "IN-TURN-AGAIN";
    const { held, answer } = hold(slow, "IN-TURN-AGAIN-old");
    const station = await kerbside.station(id);
    await station.call("StatusNotification", STATUS_16, "IN-TURN-AGAIN-old");
    await held();
    await until("its events", () => messagesAt(swift, id).includes("IN-TURN-AGAIN-old"));
    await until("an empty queue", async () => (await view(id)).queue.events === 1);
    // That one had its chance, and has it no more.
    swift.reply = ({ body }) => ({ status: body.includes('"deregistered"') ? 500 : 204 });
    await remove(id);
    await put(id);
    const first = await connect(id);
    await first.call("StatusNotification", STATUS_16, "first");
    await until("the new events", () => messagesAt(swift, id).includes("first"));
    swift.reply = () => ({ status: 204 });
    await kerbside.api("GET", `/test/crash?station=${id}`);
    const second = await connect(id);
    await second.call("StatusNotification", STATUS_16, "second");
    await until("all of them", () => [swift, slow].every((peer) => messagesAt(peer, id).includes("second")));
    answer(204);
    for (const peer of [swift, slow]) {
      const sequences = eventsAt(peer, id).map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    }
    expect(messagesAt(slow, id)).toContain("deregistered");
    // Once it was refused.
    expect(swift.requests.filter(({ body }) => body.includes(id) && body.includes('"deregistered"'))).toHaveLength(1);
  });
});

describe("A question to the CSMS", () => {
  test("of a station that is deregistered and registered anew meanwhile is answered to nobody", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const accepted = { payload: { idTagInfo: { status: "Accepted" }, transactionId: 4711 } };
    csms.reply = () => ({ body: accepted, after: promise });
    const start = { connectorId: 1, idTag: "TAG", meterStart: 0, timestamp: "2026-11-20T10:00:00Z" };
    const station = await asking.station("ASKED");
    station.send([2, "question", "StartTransaction", start]);
    await until("the question", () => csms.requests.length === 1);
    expect((await asking.api("DELETE", pathOf("ASKED"))).status).toBe(204);
    const successor = await asking.station("ASKED");
    resolve();
    expect((await successor.call("Heartbeat"))[0]).toBe(3);
    expect(station.frames).toEqual([]);
    expect(successor.frames).toHaveLength(1);
    // Connected, and no more: the old one's answer is no event of the new one.
    expect((await asking.api("GET", pathOf("ASKED"))).body.storage.rows).toBe(3);
  });
});

describe("After DELETE and PUT", () => {
  const start = { connectorId: 1, idTag: "TAG", meterStart: 0 };
  test.each([
    ["at once", false],
    ["once all of the old one is gone", true],
  ])("%s sequences go on rising and no transactionId comes again", async (_, isLater) => {
    const id = isLater ? "RISING-LATER" : "RISING";
    const ids: number[] = [];
    for (let life = 0; life < 3; life++) {
      const station = await kerbside.station(id);
      for (let count = 0; count < 3; count++) {
        const timestamp = `2026-11-2${life}T1${count}:00:00Z`;
        const [, , answer] = await station.call("StartTransaction", { ...start, timestamp }, `${life}-${count}`);
        ids.push(answer.transactionId);
      }
      await remove(id);
      if (isLater) await emptied(id);
    }
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    expect(Math.max(...ids)).toBeLessThan(10_000);
    await until(
      "the last event",
      () => eventsAt(swift, id).filter(({ data }) => data.reason === "deregistered").length === 3,
    );
    const sequences = eventsAt(swift, id).map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b));
  });
});

describe("An identity that is not registered", () => {
  const databases = () =>
    readdirSync(join(folder.dir, "state"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".sqlite"))
      .sort();

  test("wakes no object and leaves no file, whatever is asked of it", async () => {
    const before = databases();
    const url = `ws://localhost:${kerbside.edge.port}/ocpp/NOBODY`;
    expect((await TestStation.refused({ url })).status).toBe(404);
    expect((await TestStation.refused({ url, user: "NOBODY", password: "a guess at a password" })).status).toBe(404);
    for (const [method, path, body, status] of [
      ["GET", "", undefined, 404],
      ["DELETE", "", undefined, 404],
      ["PUT", "", { securityProfile: 1 }, 422],
      ["PUT", "", { securityProfile: 7 }, 422],
      ["POST", "/disconnect", undefined, 404],
      ["POST", "/commands", { action: "ClearCache", payload: {} }, 404],
      ["GET", "/commands", undefined, 404],
      ["GET", "/commands/x", undefined, 404],
      ["DELETE", "/commands/x", undefined, 404],
    ] as const) {
      expect((await kerbside.api(method, `${pathOf("NOBODY")}${path}`, body)).status, `${method} ${path}`).toBe(status);
    }
    expect(databases()).toEqual(before);
  });

  test("may connect at once when it is registered, though it knocked before", async () => {
    const url = `ws://localhost:${kerbside.edge.port}/ocpp/LATE`;
    expect((await TestStation.refused({ url })).status).toBe(404);
    await put("LATE");
    (await TestStation.connect({ url })).kill();
  });
});

describe("While the directory is out of reach", () => {
  const sever = (isLost: boolean) => kerbside.api("GET", `/test/sever?lost=${isLost}`);
  afterEach(() => sever(false));

  test("a registration is answered 503, and the same one again makes it good", async () => {
    await sever(true);
    const { status, headers } = await put("UNLISTED");
    expect([status, Number(headers.get("retry-after"))]).toEqual([503, 5]);
    await sever(false);
    expect((await put("UNLISTED")).status).toBeLessThanOrEqual(201);
    (await connect("UNLISTED")).kill();
    expect(await directory("UNLISTED")).toMatchObject({ station_id: "UNLISTED" });
  });

  test("a station that was known connects and is asked all the same", async () => {
    await put("KNOWN");
    await sever(true);
    const station = await connect("KNOWN");
    expect(await view("KNOWN")).toMatchObject({ online: true });
    expect((await station.call("BootNotification", BOOT_16))[2].status).toBe("Accepted");
    station.kill();
    // The object is asked, and knows nobody of that name.
    expect((await kerbside.api("GET", pathOf("UNKNOWN-MEANWHILE"))).status).toBe(404);
  });

  test("a deregistration is answered, and finished by the alarm once the directory is back", async () => {
    const station = await kerbside.station("SEVERED");
    await station.call("StatusNotification", STATUS_16);
    await sever(true);
    expect((await remove("SEVERED")).status).toBe(204);
    expect((await kerbside.api("GET", pathOf("SEVERED"))).status).toBe(404);
    await until("the last event", () => eventsAt(swift, "SEVERED").at(-1)?.data.reason === "deregistered");
    expect((await stored("SEVERED", "ring")).facts).toContain("ended");
    await sever(false);
    expect(await directory("SEVERED")).toBeDefined();
    await stored("SEVERED", "ring");
    await emptied("SEVERED");
    expect(await directory("SEVERED")).toBeUndefined();
    const last = eventsAt(swift, "SEVERED").at(-1);
    await kerbside.station("SEVERED");
    await until("a newer event", () => eventsAt(swift, "SEVERED").at(-1)?.sequence > last.sequence);
    // Once each.
    expect(eventsAt(slow, "SEVERED").filter(({ data }) => data.reason === "deregistered")).toHaveLength(1);
  });
});

test("A fleet that comes back at once is let in, though some give up while they are looked up", async () => {
  const ids = Array.from({ length: 30 }, (_, index) => `STORM-${index}`);
  await Promise.all(ids.map((id) => put(id)));
  const logged = lines.length;
  // Past the minute in which they are known.
  await kerbside.api("GET", "/test/clock?aheadMs=120000");
  const outcomes = await Promise.all(
    ids.map(async (id, index) => {
      const url = `ws://localhost:${kerbside.edge.port}/ocpp/${id}`;
      if (index % 3 > 0) return TestStation.connect({ url });
      const early = new WebSocket(url, ["ocpp1.6"]);
      early.on("error", () => {});
      early.terminate();
      return null;
    }),
  );
  expect(outcomes.filter((outcome) => outcome !== null)).toHaveLength(20);
  for (const station of outcomes) station?.kill();
  await kerbside.api("GET", "/test/clock?aheadMs=0");
  expect(lines.slice(logged).filter((line) => line.includes("directory did not say"))).toEqual([]);
});
