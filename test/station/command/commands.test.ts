import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, until } from "../../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../../support/kerbside.ts";
import { BOOT_16, BOOT_2X, TestStation } from "../../support/test-station.ts";

let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  kerbside = await startKerbside();
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/commands", {
    url: receiver.url,
    secret: SECRET,
    types: ["ocpp.command.completed"],
  });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const RESET = { type: "Soft" };
const ASYNC = { Prefer: "respond-async" };
const commandsOf = (id: string) => `/v1/stations/${id}/commands`;
const read = async (id: string, commandId: string) =>
  (await kerbside.api("GET", `${commandsOf(id)}/${commandId}`)).body;

async function submitAsync(id: string, more: Record<string, unknown> = {}) {
  const { status, body, headers } = await kerbside.api(
    "POST",
    commandsOf(id),
    { action: "Reset", payload: RESET, ...more },
    ASYNC,
  );
  expect(status).toBe(202);
  expect(headers.get("location")).toBe(`${commandsOf(id)}/${body.commandId}`);
  return body;
}

const completedOf = (commandId: string) =>
  eventsOf(receiver)
    .map(({ data }) => data)
    .filter((data) => data.commandId === commandId);

describe("an answered command", () => {
  test("ends as `result` with the station's own payload", async () => {
    const station = await kerbside.station("ANS1");
    station.answerCalls(() => ({ status: "Rejected" }));
    const { status, body } = await kerbside.command("ANS1", "Reset", RESET);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      stationId: "ANS1",
      action: "Reset",
      state: "result",
      payload: { status: "Rejected" },
    });
    expect(Date.parse(body.createdAt)).toBeLessThanOrEqual(Date.parse(body.sentAt));
    expect(Date.parse(body.sentAt)).toBeLessThanOrEqual(Date.parse(body.completedAt));
    expect(await read("ANS1", body.commandId)).toEqual(body);
    expect((await kerbside.api("GET", commandsOf("ANS1"))).body.commands).toEqual([body]);
    await until("the event", () => completedOf(body.commandId).length === 1);
    expect(completedOf(body.commandId)).toEqual([body]);
  });

  test("travels as a CALL whose messageId is the commandId", async () => {
    const station = await kerbside.station("ANS2");
    const pending = kerbside.command("ANS2", "TriggerMessage", { requestedMessage: "Heartbeat" });
    const [type, messageId, action, payload] = await station.next();
    expect([type, action, payload]).toEqual([2, "TriggerMessage", { requestedMessage: "Heartbeat" }]);
    station.send([3, messageId, { status: "Accepted" }]);
    expect((await pending).body.commandId).toBe(messageId);
  });

  test("ends as `error` with the code, description and details of a CALLERROR", async () => {
    const station = await kerbside.station("ANS3");
    const pending = kerbside.command("ANS3", "Reset", RESET);
    const [, messageId] = await station.next();
    station.send([4, messageId, "NotSupported", "no reset here", { why: "old" }]);
    const { status, body } = await pending;
    expect(status).toBe(200);
    expect(body.state).toBe("error");
    const error = { code: "NotSupported", description: "no reset here", details: { why: "old" } };
    expect(body.error).toEqual({ ...error, origin: "station" });
    expect(body).not.toHaveProperty("received");
    expect(body.payload).toBeUndefined();
  });

  test.each([
    ["a code that is no string", [4, "ID", 42, "x", {}], { code: "GenericError", description: "x", details: {} }],
    ["details that are a string", [4, "ID", "GenericError", "", "boom"], { details: { received: "boom" } }],
    ["missing elements", [4, "ID", "InternalError"], { code: "InternalError", description: "", details: {} }],
  ])("ends as `error` also where the CALLERROR has %s", async (name, frame, error) => {
    const id = `ERR${name.length}`;
    const station = await kerbside.station(id);
    const pending = kerbside.command(id, "Reset", RESET);
    const [, messageId] = await station.next();
    station.send(frame.map((part) => (part === "ID" ? messageId : part)));
    expect((await pending).body).toMatchObject({ state: "error", error: { ...error, origin: "station" } });
  });

  test.each([
    ["Reset", RESET, { status: "Accepted", vendorExtra: "x" }, "/vendorExtra"],
    ["GetLocalListVersion", {}, { listVersion: "0" }, "/listVersion"],
  ])(
    "ends as an `error` of the edge, with what was received, where the answer to a %s is no valid one",
    async (action, payload, answer, path) => {
      const id = `EDGE-${action}`;
      const station = await kerbside.station(id);
      const pending = kerbside.command(id, action, payload);
      const [, messageId] = await station.next();
      station.send([3, messageId, answer]);
      const { body, status } = await pending;
      expect([status, body.state, body.error.origin, body.received]).toEqual([200, "error", "edge", answer]);
      expect(body.error.description.startsWith(`${path}: `), body.error.description).toBe(true);
      await until("the event", () => completedOf(messageId).length === 1);
      expect(completedOf(messageId)).toEqual([body]);
    },
  );

  test("ends as `error` with what was received where the CALLRESULT carries no object", async () => {
    const station = await kerbside.station("ANS4");
    const pending = kerbside.command("ANS4", "Reset", RESET);
    const [, messageId] = await station.next();
    station.send([3, messageId, "Accepted"]);
    const { error, state } = (await pending).body;
    expect(state).toBe("error");
    expect(error).toMatchObject({ code: "FormationViolation", details: { received: "Accepted" }, origin: "edge" });
  });
});

describe("an unanswered command", () => {
  test("ends as `timeout` with 504, and a late answer still settles it", async () => {
    const station = await kerbside.station("LATE1");
    const { status, body } = await kerbside.command("LATE1", "Reset", RESET, { timeoutSeconds: 1 });
    expect(status).toBe(504);
    expect(body.state).toBe("timeout");
    const [, messageId] = await station.next();
    station.send([3, messageId, { status: "Accepted" }]);
    await until("the late answer", async () => (await read("LATE1", messageId)).state === "result");
    expect((await read("LATE1", messageId)).payload).toEqual({ status: "Accepted" });
    await until("both events", () => completedOf(messageId).length === 2);
    expect(completedOf(messageId).map(({ state }) => state)).toEqual(["timeout", "result"]);
  });

  test("frees the line for the next one", async () => {
    const station = await kerbside.station("LATE2");
    const first = kerbside.command("LATE2", "Reset", RESET, { timeoutSeconds: 1 });
    await station.next();
    const second = kerbside.command("LATE2", "ClearCache", {});
    const [, messageId, action] = await station.next();
    expect(action).toBe("ClearCache");
    station.send([3, messageId, { status: "Accepted" }]);
    expect((await first).body.state).toBe("timeout");
    expect((await second).body.state).toBe("result");
  });

  test("ends as `timeout` also where the backend that waited for it has hung up", async () => {
    const station = await kerbside.station("LEFT1");
    const asked = fetch(`${kerbside.edge.httpUrl}/v1/stations/LEFT1/commands`, {
      method: "POST",
      headers: { authorization: `Bearer ${kerbside.edge.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ action: "Reset", payload: RESET, timeoutSeconds: 1 }),
      signal: AbortSignal.timeout(300),
    });
    const [, messageId] = await station.next();
    await expect(asked).rejects.toThrow();
    await until("the event of the timeout", () => completedOf(messageId).length === 1);
    expect(completedOf(messageId)[0].state).toBe("timeout");
    // The line is free again.
    const next = kerbside.command("LEFT1", "ClearCache");
    const [, nextId, action] = await station.next();
    expect(action).toBe("ClearCache");
    station.send([3, nextId, { status: "Accepted" }]);
    expect((await next).status).toBe(200);
  });

  test("ends as `timeout`, outcome unknown, when its connection breaks, and is not sent again", async () => {
    const station = await kerbside.station("GONE1");
    const pending = kerbside.command("GONE1", "Reset", RESET, { expiresInSeconds: 60 });
    await station.next();
    station.kill();
    const { status, body } = await pending;
    expect([status, body.state]).toEqual([504, "timeout"]);
    const again = await kerbside.station("GONE1");
    await again.call("BootNotification", BOOT_16);
    expect(again.frames).toHaveLength(1);
    again.send([3, body.commandId, { status: "Accepted" }]);
    await until("the answer on the new socket", async () => (await read("GONE1", body.commandId)).state === "result");
  });

  test("ends as `timeout` when a newer connection supersedes its own", async () => {
    const station = await kerbside.station("GONE2");
    const pending = kerbside.command("GONE2", "Reset", RESET);
    await station.next();
    const newer = await kerbside.station("GONE2");
    expect(await station.closed).toEqual({ code: 1008, reason: "superseded" });
    expect((await pending).body.state).toBe("timeout");
    expect((await newer.call("Heartbeat"))[0]).toBe(3);
  });
});

describe("one CALL is open at a time", () => {
  test("those behind it wait in their order and are sent one by one", async () => {
    const station = await kerbside.station("ORD1");
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await submitAsync("ORD1")).commandId);
    expect((await read("ORD1", ids[0] as string)).state).toBe("sent");
    expect((await read("ORD1", ids[1] as string)).state).toBe("queued");
    for (const id of ids) {
      const [, messageId] = await station.next();
      expect(messageId).toBe(id);
      expect(station.frames.at(-1)?.[1]).toBe(id);
      station.send([3, messageId, { status: "Accepted" }]);
    }
    await until("the last", async () => (await read("ORD1", ids[4] as string)).state === "result");
  });

  test("the station's own CALLs go on meanwhile", async () => {
    const station = await kerbside.station("ORD2");
    const pending = kerbside.command("ORD2", "Reset", RESET);
    const [, messageId] = await station.next();
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    station.send([3, messageId, { status: "Accepted" }]);
    expect((await pending).body.state).toBe("result");
  });

  test("the queue is bounded, and its bound is named", async () => {
    const station = await kerbside.station("ORD3");
    await submitAsync("ORD3");
    await Promise.all(Array.from({ length: 100 }, () => submitAsync("ORD3")));
    const { status, body, headers } = await kerbside.command("ORD3", "Reset", RESET);
    expect(status).toBe(429);
    expect(headers.get("retry-after")).toBe("30");
    expect(body).toMatchObject({ type: "/problems/queue-full", detail: expect.stringContaining("100") });
    expect((await kerbside.api("GET", "/v1/stations/ORD3")).body.queue.commands).toBe(100);
    station.kill();
  });

  test("a queued command that outlives its time while others are open expires unsent", async () => {
    const station = await kerbside.station("ORD4");
    await submitAsync("ORD4", { timeoutSeconds: 3 });
    const { status, body } = await kerbside.command("ORD4", "ClearCache", {}, { timeoutSeconds: 1 });
    expect([status, body.state, body.sentAt]).toEqual([504, "expired", undefined]);
    expect(station.frames.map((frame) => frame[2])).toEqual(["Reset"]);
  });
});

describe("a station that is offline", () => {
  test("answers 409 station-offline where the command may not wait", async () => {
    await kerbside.register("OFF1");
    const { status, body } = await kerbside.command("OFF1", "Reset", RESET);
    expect(status).toBe(409);
    expect(body.type).toBe("/problems/station-offline");
    expect((await kerbside.api("GET", commandsOf("OFF1"))).body.commands).toEqual([]);
  });

  test("gets what waits for it on reconnecting, in order", async () => {
    await kerbside.register("OFF2");
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { status, body } = await kerbside.command("OFF2", "Reset", RESET, { expiresInSeconds: 60 });
      expect([status, body.state]).toEqual([202, "queued"]);
      ids.push(body.commandId);
    }
    await kerbside.edge.evict("OFF2");
    const station = await kerbside.station("OFF2");
    for (const id of ids) {
      const [, messageId] = await station.next();
      expect(messageId).toBe(id);
      station.send([3, messageId, { status: "Accepted" }]);
    }
    await until("the last", async () => (await read("OFF2", ids[2] as string)).state === "result");
  });

  test.each(["ocpp1.6", "ocpp2.0.1"] as const)(
    "that boots on its return, %s, is called behind the answer to its boot",
    async (protocol) => {
      const id = `BOOTS-${protocol}`;
      await kerbside.register(id);
      const payload = protocol === "ocpp1.6" ? RESET : { type: "Immediate" };
      await kerbside.command(id, "Reset", payload, { expiresInSeconds: 60 });
      const station = await kerbside.station(id, { protocols: [protocol] });
      // As one that needs a moment to start, and as one that does not wait for its answer.
      await new Promise((resolve) => setTimeout(resolve, 300));
      station.send([2, "boot", "BootNotification", protocol === "ocpp1.6" ? BOOT_16 : BOOT_2X]);
      station.send([2, "status", "Heartbeat", {}]);
      await until("the call", () => station.frames.some(([type]) => type === 2));
      expect(station.frames[0]?.slice(0, 2)).toEqual([3, "boot"]);
      expect(station.frames.findIndex(([type]) => type === 2)).toBeGreaterThan(0);
    },
  );

  test("never gets a command that has expired", async () => {
    await kerbside.register("OFF3");
    const { body } = await kerbside.command("OFF3", "Reset", RESET, { expiresInSeconds: 1, timeoutSeconds: 1 });
    await until("the expiry", async () => (await read("OFF3", body.commandId)).state === "expired");
    await until("the event", () => completedOf(body.commandId).length === 1);
    const station = await kerbside.station("OFF3");
    await station.call("Heartbeat");
    expect(station.frames).toHaveLength(1);
  });

  test("never gets a command that was cancelled", async () => {
    await kerbside.register("OFF4");
    const { body } = await kerbside.command("OFF4", "Reset", RESET, { expiresInSeconds: 60 });
    const path = `${commandsOf("OFF4")}/${body.commandId}`;
    expect((await kerbside.api("DELETE", path)).status).toBe(204);
    expect((await read("OFF4", body.commandId)).state).toBe("cancelled");
    const again = await kerbside.api("DELETE", path);
    expect([again.status, again.body.type]).toEqual([409, "/problems/command-not-queued"]);
    const station = await kerbside.station("OFF4");
    await station.call("Heartbeat");
    expect(station.frames).toHaveLength(1);
  });

  test("loses what waited only for its turn when the connection breaks", async () => {
    const station = await kerbside.station("OFF5");
    await submitAsync("OFF5");
    const waiting = kerbside.command("OFF5", "ClearCache", {});
    const kept = await submitAsync("OFF5", { expiresInSeconds: 60 });
    const inRequest = kerbside.command("OFF5", "ClearCache", {}, { expiresInSeconds: 60 });
    await until(
      "it is queued too",
      async () => (await kerbside.api("GET", commandsOf("OFF5"))).body.commands.length === 4,
    );
    station.kill();
    const { status, body } = await waiting;
    expect([status, body.state]).toEqual([504, "expired"]);
    expect((await read("OFF5", kept.commandId)).state).toBe("queued");
    // Held open it would be until the station comes back, or the command expires.
    expect(await inRequest).toMatchObject({ status: 202, body: { state: "queued" } });
  });
});

describe("an Idempotency-Key", () => {
  const key = { "Idempotency-Key": "order-66" };
  const post = (id: string, body: unknown, headers: Record<string, string> = key) =>
    kerbside.api("POST", commandsOf(id), body, headers);

  test("gives the same command to the same body, and sends it once", async () => {
    const station = await kerbside.station("IDEM1");
    station.answerCalls(() => ({ status: "Accepted" }));
    const first = await post("IDEM1", { action: "Reset", payload: RESET });
    const second = await post("IDEM1", { action: "Reset", payload: RESET });
    expect(second).toMatchObject({ status: 200, body: first.body });
    expect((await kerbside.api("GET", commandsOf("IDEM1"))).body.commands).toHaveLength(1);
  });

  test("lets a second caller wait for the answer to the first one's command", async () => {
    const station = await kerbside.station("IDEM2");
    const callers = [
      post("IDEM2", { action: "Reset", payload: RESET }),
      post("IDEM2", { action: "Reset", payload: RESET }),
    ];
    const [, messageId] = await station.next();
    station.send([3, messageId, { status: "Accepted" }]);
    const answers = await Promise.all(callers);
    expect(answers.map(({ body }) => [body.commandId, body.state])).toEqual([
      [messageId, "result"],
      [messageId, "result"],
    ]);
    expect(station.frames).toHaveLength(1);
  });

  test("is refused with 409 for another body", async () => {
    const station = await kerbside.station("IDEM3");
    station.answerCalls(() => ({ status: "Accepted" }));
    await post("IDEM3", { action: "Reset", payload: RESET });
    const { status, body } = await post("IDEM3", { action: "Reset", payload: { type: "Hard" } });
    expect([status, body.type]).toEqual([409, "/problems/idempotency-conflict"]);
  });
});

describe("hibernation", () => {
  test("a hibernated station answers a command", async () => {
    const station = await kerbside.station("HIB1");
    await station.call("BootNotification", BOOT_16);
    await kerbside.edge.evict("HIB1");
    station.answerCalls(() => ({ status: "Accepted" }));
    expect((await kerbside.command("HIB1", "Reset", RESET)).body.state).toBe("result");
  });

  test("a CALLRESULT that comes after the object was evicted settles its command", async () => {
    const station = await kerbside.station("HIB2");
    const { commandId } = await submitAsync("HIB2");
    const next = await submitAsync("HIB2");
    await station.next();
    await kerbside.edge.evict("HIB2");
    station.send([3, commandId, { status: "Accepted" }]);
    await until("the result", async () => (await read("HIB2", commandId)).state === "result");
    const [, messageId] = await station.next();
    expect(messageId).toBe(next.commandId);
  });

  test("the line is still taken after an eviction between CALL and CALLRESULT", async () => {
    const station = await kerbside.station("HIB3");
    const { commandId } = await submitAsync("HIB3");
    await station.next();
    await kerbside.edge.evict("HIB3");
    const waiting = await submitAsync("HIB3");
    expect((await read("HIB3", waiting.commandId)).state).toBe("queued");
    station.send([3, commandId, { status: "Accepted" }]);
    expect((await station.next())[1]).toBe(waiting.commandId);
  });

  test("a deadline passes while the object is evicted, and its alarm settles the command", async () => {
    const station = await kerbside.station("HIB4");
    const { commandId } = await submitAsync("HIB4", { timeoutSeconds: 1 });
    await station.next();
    await kerbside.edge.evict("HIB4");
    await until("the event of the timeout", () => completedOf(commandId).length === 1);
    expect(completedOf(commandId)[0].state).toBe("timeout");
  });
});

describe("the API", () => {
  test("knows no command of an unknown station", async () => {
    expect((await kerbside.command("NOBODY", "Reset", RESET)).status).toBe(404);
    expect((await kerbside.api("GET", commandsOf("NOBODY"))).status).toBe(404);
    expect((await kerbside.api("GET", `${commandsOf("NOBODY")}/x`)).status).toBe(404);
    expect((await kerbside.api("DELETE", `${commandsOf("NOBODY")}/x`)).status).toBe(404);
  });

  test("names the path of each fault in a body", async () => {
    await kerbside.register("API1");
    const { status, body } = await kerbside.api("POST", commandsOf("API1"), {
      payload: "no",
      timeoutSeconds: 121,
      surprise: 1,
    });
    expect(status).toBe(422);
    const paths = body.errors.map(({ path }: { path: string }) => path).sort();
    expect(paths).toEqual(["/action", "/payload", "/surprise", "/timeoutSeconds"]);
  });

  test("keeps a station's commands apart from another's", async () => {
    const station = await kerbside.station("API2");
    station.answerCalls(() => ({ status: "Accepted" }));
    const { body } = await kerbside.command("API2", "Reset", RESET);
    await kerbside.register("API3");
    expect((await kerbside.api("GET", `${commandsOf("API3")}/${body.commandId}`)).status).toBe(404);
    const other = await kerbside.station("API3");
    other.send([3, body.commandId, { status: "Rejected" }]);
    expect((await other.call("Heartbeat"))[0]).toBe(3);
    expect((await read("API2", body.commandId)).payload).toEqual({ status: "Accepted" });
  });

  test("sends nothing to a station whose boot was rejected, and no start to one that is pending", async () => {
    const csms = await HttpPeer.start();
    const apart = await startKerbside({ CSMS_URL: csms.url });
    try {
      let status = "Rejected";
      csms.reply = () => ({ body: { payload: { status, interval: 60, currentTime: new Date().toISOString() } } });
      const station = await apart.station("API4");
      await station.call("BootNotification", BOOT_16);
      expect(await apart.command("API4", "Reset", RESET)).toMatchObject({
        status: 409,
        body: { type: "/problems/station-not-accepted" },
      });
      status = "Pending";
      await station.call("BootNotification", BOOT_16);
      expect((await apart.command("API4", "RemoteStartTransaction", { idTag: "A" })).status).toBe(409);
      station.answerCalls(() => ({ status: "Accepted" }));
      expect((await apart.command("API4", "Reset", RESET)).status).toBe(200);
      station.kill();
      const reconnected = await TestStation.connect({ url: `ws://localhost:${apart.edge.port}/ocpp/API4` });
      expect((await apart.command("API4", "RemoteStartTransaction", { idTag: "A" })).status).toBe(409);
      // What may wait is sent behind the answer that lets it go, and not with something that happens to come later.
      // It is answered at once as for a station that is offline: nobody can say when the boot comes.
      const later = { expiresInSeconds: 60 };
      const ask = async (body: unknown) => {
        const { status, body: taken, headers } = await apart.api("POST", commandsOf("API4"), body);
        expect([status, taken.state]).toEqual([202, "queued"]);
        expect(headers.get("location")).toBe(`${commandsOf("API4")}/${taken.commandId}`);
      };
      await ask({ action: "RemoteStartTransaction", payload: { idTag: "A" }, ...later });
      await ask({ action: "RemoteStopTransaction", payload: { transactionId: 1 }, ...later });
      status = "Accepted";
      expect((await reconnected.call("BootNotification", BOOT_16))[2].status).toBe("Accepted");
      for (const action of ["RemoteStartTransaction", "RemoteStopTransaction"]) {
        const [, sentId, sent] = await reconnected.next();
        expect(sent).toBe(action);
        reconnected.send([3, sentId, { status: "Accepted" }]);
      }
      reconnected.kill();
    } finally {
      await apart.stop();
      await csms.stop();
    }
  });
});
