import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CsmsSocket } from "../support/csms-socket.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, BOOT_2X, STATUS_16 } from "../support/test-station.ts";

let kerbside: Kerbside;
let receiver: HttpPeer;
const links: CsmsSocket[] = [];
beforeAll(async () => {
  receiver = await HttpPeer.start();
  kerbside = await startKerbside({ CSMS_TIMEOUT_MS: "3000", BOOT_RETRY_SECONDS: "1" });
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  for (const each of links) each.end();
  await kerbside?.stop();
  await receiver?.stop();
});

const pathOf = (id: string) => `ws://localhost:${kerbside.edge.port}/v1/stations/${id}/csms`;
async function link(id: string, answer: CsmsSocket["answer"] = () => null): Promise<CsmsSocket> {
  const csms = await CsmsSocket.connect(pathOf(id), kerbside.edge.apiKey, answer);
  links.push(csms);
  return csms;
}
const ACCEPTED = { idTagInfo: { status: "Accepted" } };
const decides: CsmsSocket["answer"] = (action) => {
  if (action === "BootNotification") return { status: "Accepted", currentTime: new Date().toISOString(), interval: 60 };
  if (action === "StartTransaction") return { transactionId: 77, ...ACCEPTED };
  return action === "Authorize" ? ACCEPTED : {};
};
const START = { connectorId: 1, idTag: "TAG", meterStart: 0, timestamp: "2026-11-28T12:00:00Z" };
const statusOf = (id: string, headers: Record<string, string>) =>
  fetch(`${kerbside.edge.httpUrl}/v1/stations/${id}/csms`, { headers });

describe("A CSMS's own socket", () => {
  test("is told how the station stands, first and at each change, and gets what it says under its own ids", async () => {
    await kerbside.register("L1");
    const csms = await link("L1", decides);
    expect(csms.protocol).toBe("kerbside.csms.v1");
    expect(csms.standings).toEqual([{ online: false, protocol: null, securityProfile: null, since: null, boot: null }]);
    const station = await kerbside.station("L1", { register: false });
    expect((await station.call("BootNotification", BOOT_16, "boot"))[2].status).toBe("Accepted");
    expect(await station.call("StatusNotification", STATUS_16, "status")).toEqual([3, "status", {}]);
    expect((await station.call("StartTransaction", START, "start"))[2].transactionId).toBe(77);
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    await until("all of it", () => csms.calls().length === 3);
    expect(csms.calls().map(([, id, action]) => [id, action])).toEqual([
      ["boot", "BootNotification"],
      ["status", "StatusNotification"],
      ["start", "StartTransaction"],
    ]);
    expect(csms.calls()[2][3]).toEqual(START);
    expect(csms.standings.at(-1)).toMatchObject({ online: true, protocol: "ocpp1.6", securityProfile: 0 });
    expect(csms.standings.at(-1).boot).toMatchObject({ status: "Accepted", intervalSeconds: 60 });
    csms.send([2, "more", "ChangeConfiguration", { key: "HeartbeatInterval", value: "20" }]);
    const [, change] = await station.next();
    station.send([3, change, { status: "Accepted" }]);
    await until("another interval", () => csms.standings.at(-1).boot.intervalSeconds === 20);
    const { body } = await kerbside.api("GET", "/v1/stations/L1");
    expect(body.csms).toEqual({ kind: "link", since: expect.any(String), backlog: 0 });
    station.kill();
    await until("its end", () => csms.standings.at(-1).online === false);
    const start = await until("the event", () => eventsOf(receiver).find(({ data }) => data.messageId === "start"));
    expect(start.data).toMatchObject({ answeredBy: "csms", answer: { transactionId: 77 } });
  });

  test("is in the list of stations: whether somebody answers what the edge does not decide", async () => {
    const listed = async (hasCsms: boolean) =>
      (await kerbside.api("GET", `/v1/stations?q=HAS-CSMS&hasCsms=${hasCsms}`)).body.stations.length === 1;
    await kerbside.register("HAS-CSMS", { csms: "link" });
    expect(await listed(false)).toBe(true);
    const csms = await link("HAS-CSMS");
    await until("the list to have it so", () => listed(true));
    const { body } = await kerbside.api("GET", "/v1/stations/HAS-CSMS");
    expect(body.csms).toMatchObject({ kind: "link", registered: "link" });
    csms.end();
    await until("the list to have it so", () => listed(false));
  });

  test("sends commands, and hears of each under its own id", async () => {
    const station = await kerbside.station("L2");
    const csms = await link("L2", decides);
    station.answerCalls(() => ({ status: "Accepted" }));
    csms.send([2, "reset-1", "Reset", { type: "Soft" }]);
    expect(await csms.of("reset-1")).toEqual([3, "reset-1", { status: "Accepted" }]);
    csms.send([2, "odd-1", "Reset", { type: "Never" }]);
    expect((await csms.of("odd-1", 4)).slice(0, 3)).toEqual([4, "odd-1", "PropertyConstraintViolation"]);
    csms.send([2, "odd-2", "Explode", {}]);
    expect((await csms.of("odd-2", 4))[2]).toBe("NotImplemented");
    const { body } = await kerbside.api("GET", "/v1/stations/L2/commands");
    expect(body.commands.map(({ action, state }: { action: string; state: string }) => [action, state])).toEqual([
      ["Reset", "result"],
    ]);
    station.kill();
    await until("offline", () => csms.standings.at(-1).online === false);
    csms.send([2, "away", "Reset", { type: "Soft" }]);
    expect((await csms.of("away", 4))[3]).toContain("offline");
  });

  test("gets what it missed once it is back, in order, and what it had not answered once more", async () => {
    const station = await kerbside.station("L3", {}, { securityProfile: 0, csms: "link" });
    expect((await station.call("BootNotification", BOOT_16))[2].status).toBe("Pending");
    expect((await station.call("Authorize", { idTag: "A" }))[2]).toBe("InternalError");
    for (let i = 0; i < 3; i++) await station.call("StatusNotification", { ...STATUS_16, connectorId: i + 1 }, `s${i}`);
    const csms = await link("L3", () => null);
    await until("the first", () => csms.calls().length === 1);
    expect(csms.calls()[0][2]).toBe("BootNotification");
    csms.end();
    const again = await link("L3", (action) => (action === "Authorize" ? ACCEPTED : {}));
    await until("the rest", () => again.calls().length === 4);
    expect(
      again
        .calls()
        .map(([, id]) => id)
        .slice(1),
    ).toEqual(["s0", "s1", "s2"]);
    expect((await station.call("Authorize", { idTag: "A" }))[2]).toEqual(ACCEPTED);
    expect((await kerbside.api("GET", "/v1/stations/L3")).body.csms.backlog).toBe(0);
  });

  test("may take its time while the object sleeps, on both ways", async () => {
    const station = await kerbside.station("L4");
    const csms = await link("L4");
    station.send([2, "slow", "Authorize", { idTag: "A" }]);
    await until("the question", () => csms.calls("Authorize").length === 1);
    await kerbside.edge.evict("L4");
    csms.send([3, "slow", ACCEPTED]);
    expect(await station.next()).toEqual([3, "slow", ACCEPTED]);
    csms.send([2, "cmd", "Reset", { type: "Soft" }]);
    const [, messageId] = await station.next();
    await kerbside.edge.evict("L4");
    station.send([3, messageId, { status: "Rejected" }]);
    expect(await csms.of("cmd")).toEqual([3, "cmd", { status: "Rejected" }]);
  });

  test("that says nothing in time, or nothing of use, is one that is down", async () => {
    const station = await kerbside.station("L5");
    const csms = await link("L5", (action) => (action === "Authorize" ? { idTagInfo: { status: "Perhaps" } } : null));
    expect((await station.call("Authorize", { idTag: "A" }))[2]).toBe("InternalError");
    expect((await station.call("BootNotification", BOOT_16))[2].status).toBe("Pending");
    // What the edge answered in its stead it is told all the same.
    const [, told] = await until("the boot once more", () => csms.calls("BootNotification")[1]);
    csms.answer = decides;
    csms.send([3, told, {}]);
    expect((await station.call("Authorize", { idTag: "A" }))[2]).toEqual(ACCEPTED);
  });

  test("gives way to a newer one, and ends with the registration", async () => {
    await kerbside.register("L6");
    const first = await link("L6");
    const second = await link("L6");
    await until("its end", () => first.closed);
    expect(first.closed).toEqual({ code: 1008, reason: "superseded" });
    await kerbside.api("DELETE", "/v1/stations/L6");
    await until("its end", () => second.closed);
    expect(second.closed).toEqual({ code: 1008, reason: "deregistered" });
  });

  test("in 2.x decides on a TransactionEvent with an idToken, and is told of the others", async () => {
    const station = await kerbside.station("L7", { protocols: ["ocpp2.0.1"] });
    const csms = await link("L7", (action, payload) => {
      if (action === "TransactionEvent" && payload.idToken) return { idTokenInfo: { status: "Blocked" } };
      return decides(action, payload);
    });
    await station.call("BootNotification", BOOT_2X);
    const started = {
      ...{ eventType: "Started", timestamp: "2026-11-28T12:00:00Z", triggerReason: "Authorized", seqNo: 0 },
      transactionInfo: { transactionId: "T1" },
      evse: { id: 1 },
    };
    const idToken = { idToken: "A", type: "Central" };
    expect((await station.call("TransactionEvent", { ...started, idToken }, "t0"))[2].idTokenInfo.status).toBe(
      "Blocked",
    );
    const updated = { ...started, eventType: "Updated", seqNo: 1, triggerReason: "ChargingStateChanged" };
    expect((await station.call("TransactionEvent", updated, "t1"))[2]).toEqual({});
    await until("both", () => csms.calls("TransactionEvent").length === 2);
    expect(csms.calls("TransactionEvent").map(([, id]) => id)).toEqual(["t0", "t1"]);
  });

  test("needs a key with its scope, a station that is registered, an upgrade and its subprotocol", async () => {
    await kerbside.register("L8");
    const authorization = `Bearer ${kerbside.edge.apiKey}`;
    expect((await statusOf("L8", {})).status).toBe(401);
    expect((await statusOf("L8", { authorization })).status).toBe(426);
    const status = async (id: string, protocols: string[], headers: Record<string, string>) => {
      const csms = new CsmsSocket(pathOf(id), headers, protocols);
      links.push(csms);
      return new Promise((resolve) => {
        csms.socket.once("unexpected-response", (_, response) => resolve(response.statusCode));
        csms.socket.once("open", () => resolve(101));
      });
    };
    expect(await status("L8", ["other"], { authorization })).toBe(400);
    expect(await status("L9", ["kerbside.csms.v1"], { authorization })).toBe(404);
    const bearer = `kerbside.bearer.${Buffer.from(kerbside.edge.apiKey).toString("base64url")}`;
    expect(await status("L8", ["kerbside.csms.v1", bearer], {})).toBe(101);
  });

  test("answers a station that came back meanwhile and said the same again, once, under the newer id", async () => {
    const station = await kerbside.station("L10");
    const csms = await link("L10");
    station.send([2, "a1", "Authorize", { idTag: "A" }]);
    await until("the question", () => csms.calls("Authorize").length === 1);
    station.kill();
    const again = await kerbside.station("L10", { register: false });
    again.send([2, "a2", "Authorize", { idTag: "A" }]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    csms.send([3, "a1", ACCEPTED]);
    expect(await again.next()).toEqual([3, "a2", ACCEPTED]);
    expect(csms.calls("Authorize")).toHaveLength(1);
  });

  test("is asked again what the one before did not answer, however large, and those behind it wait", async () => {
    const station = await kerbside.station("L11");
    const first = await link("L11");
    const data = "x".repeat(20_000);
    station.send([2, "large", "DataTransfer", { vendorId: "v", data }]);
    station.send([2, "behind", "StatusNotification", STATUS_16]);
    await until("the question", () => first.calls("DataTransfer").length === 1);
    const second = await link("L11");
    const [, , , payload] = await until("it once more", () => second.calls("DataTransfer")[0]);
    expect(payload.data).toBe(data);
    second.send([3, "large", { status: "Accepted" }]);
    expect(await station.next()).toEqual([3, "large", { status: "Accepted" }]);
    expect(await station.next()).toEqual([3, "behind", {}]);
    expect((await until("the next", () => second.calls()[1]))[1]).toBe("behind");
  });

  test("of a station that is deregistered and registered anew gets nothing of the one before, and answers nothing of it", async () => {
    const station = await kerbside.station("L12");
    const csms = await link("L12");
    station.send([2, "old", "Authorize", { idTag: "A" }]);
    await until("the question", () => csms.calls("Authorize").length === 1);
    await kerbside.api("DELETE", "/v1/stations/L12");
    const heir = await kerbside.station("L12");
    const next = await link("L12", decides);
    expect((await heir.call("Authorize", { idTag: "B" }, "new"))[2]).toEqual(ACCEPTED);
    await heir.call("StatusNotification", STATUS_16, "after");
    await until("it", () => next.calls().length === 2);
    expect(next.calls().map(([, id]) => id)).toEqual(["new", "after"]);
  });

  test("passes on what nobody answers, both ways, in 2.1", async () => {
    const station = await kerbside.station("L13", { protocols: ["ocpp2.1"] });
    const csms = await link("L13", decides);
    await station.call("BootNotification", BOOT_2X);
    const stream = { id: 1, pending: 0, basetime: "2026-11-28T12:00:00Z", data: [{ t: 0, v: "1" }] };
    station.send([6, "stream", "NotifyPeriodicEventStream", stream]);
    expect(await csms.of("stream", 6)).toEqual([6, "stream", "NotifyPeriodicEventStream", stream]);
    csms.send([5, "boot", "FormatViolation", "it is odd", {}]);
    expect(await station.next()).toEqual([5, "boot", "FormatViolation", "it is odd", {}]);
    csms.send([2, "again", "ClearCache", {}]);
    csms.send([2, "again", "ClearCache", {}]);
    const [, messageId] = await station.next();
    station.send([3, messageId, { status: "Accepted" }]);
    expect(await csms.of("again")).toEqual([3, "again", { status: "Accepted" }]);
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    expect(station.frames.filter(([type, , action]) => type === 2 && action === "ClearCache")).toHaveLength(1);
    // [OCPP 2.1 P4 §4.2.4] What it says to a question is used or complained of.
    csms.answer = () => ({ idTokenInfo: { status: "Perhaps" } });
    expect((await station.call("Authorize", { idToken: { idToken: "A", type: "Central" } }, "odd"))[2]).toBe(
      "InternalError",
    );
    expect(await csms.of("odd", 5)).toEqual([
      5,
      "odd",
      "PropertyConstraintViolation",
      expect.stringContaining("/idTokenInfo/status"),
      {},
    ]);
  });

  test("hears late what came late, and of a station's CALLERROR as it was", async () => {
    const station = await kerbside.station("L14");
    const csms = await link("L14");
    csms.send([2, "no", "ClearCache", {}]);
    const [, messageId] = await station.next();
    station.send([4, messageId, "GenericError", "not today", { why: 1 }]);
    expect(await csms.of("no", 4)).toEqual([4, "no", "GenericError", "not today", { why: 1 }]);
    csms.socket.send('[2,"cut","ClearCache",{');
    expect((await csms.of("cut", 4)).slice(0, 3)).toEqual([4, "cut", "FormationViolation"]);
  });

  test("is not asked where the registration says that another answers", async () => {
    const station = await kerbside.station("L15", {}, { securityProfile: 0, csms: "standalone" });
    const csms = await link("L15", () => ({ idTagInfo: { status: "Blocked" } }));
    expect((await station.call("Authorize", { idTag: "A" }))[2]).toEqual(ACCEPTED);
    expect(csms.calls()).toEqual([]);
    const other = await kerbside.station("L16", {}, { securityProfile: 0, csms: "http" });
    expect((await other.call("Authorize", { idTag: "A" }))[2]).toBe("InternalError");
    expect((await kerbside.api("PUT", "/v1/stations/L16", { securityProfile: 0, csms: "somebody" })).status).toBe(422);
  });

  test("is there again after a crash, and gets what it had not acknowledged", async () => {
    await kerbside.register("L17", { securityProfile: 0, csms: "link" });
    const station = await kerbside.station("L17", { register: false });
    await link("L17");
    for (let i = 0; i < 3; i++) await station.call("StatusNotification", { ...STATUS_16, connectorId: i + 1 }, `c${i}`);
    const pid = kerbside.edge.workerdPid() as number;
    process.kill(pid, "SIGKILL");
    await until("another workerd", () => ![undefined, pid].includes(kerbside.edge.workerdPid()));
    await until("the edge", () =>
      fetch(`${kerbside.edge.httpUrl}/healthz`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    const csms = await link("L17", () => ({}));
    await until("all three", () => csms.calls().length >= 3);
    expect(csms.calls().map(([, id]) => id)).toEqual(["c0", "c1", "c2"]);
    expect(csms.standings[0].online).toBe(false);
  });

  test.each([
    ["another id", "L18", "b"],
    ["the same id", "L19", "a"],
  ])(
    "that answers late what was asked on a line that is gone answers nothing of the next, under %s",
    async (_, id, other) => {
      const station = await kerbside.station(id);
      const csms = await link(id);
      station.send([2, "a", "Authorize", { idTag: "A" }]);
      await until("the question", () => csms.calls("Authorize").length === 1);
      station.kill();
      const again = await kerbside.station(id, { register: false });
      again.send([2, other, "Authorize", { idTag: "B" }]);
      const [, asked] = await until("the next", () => csms.calls("Authorize")[1]);
      expect(asked === "a").toBe(false);
      csms.send([3, "a", { idTagInfo: { status: "Blocked" } }]);
      csms.send([3, asked, ACCEPTED]);
      expect(await again.next()).toEqual([3, other, ACCEPTED]);
      again.send([2, "c", "Authorize", { idTag: "C" }]);
      await until("one under its own id", () => csms.calls("Authorize")[2]?.[1] === "c");
      csms.send([3, "c", ACCEPTED]);
      expect(await again.next()).toEqual([3, "c", ACCEPTED]);
    },
  );

  test("hears under its id of its own CALL, and not of one before it under the same", async () => {
    const station = await kerbside.station("L20");
    (await link("L20")).send([2, "1", "Reset", { type: "Soft" }]);
    const [, reset] = await station.next();
    const csms = await link("L20");
    csms.send([2, "1", "ClearCache", {}]);
    await until(
      "its row",
      async () => (await kerbside.api("GET", "/v1/stations/L20/commands")).body.commands.length > 1,
    );
    station.send([3, reset, { status: "Rejected" }]);
    const [, clearing, action] = await station.next();
    expect(action).toBe("ClearCache");
    // Said once more by who dialled in again: it is the same one, and the answer is the newer link's.
    const newest = await link("L20");
    newest.send([2, "1", "ClearCache", {}]);
    newest.send([2, "2", "ClearCache", {}]);
    await until(
      "the other",
      async () => (await kerbside.api("GET", "/v1/stations/L20/commands")).body.commands.length > 2,
    );
    station.send([3, clearing, { status: "Accepted" }]);
    expect(await newest.of("1")).toEqual([3, "1", { status: "Accepted" }]);
    expect(csms.frames).toEqual([]);
  });

  test("that says another CALL under an id before its answer gets that one's alone, and a repeated one is not taken twice", async () => {
    const station = await kerbside.station("L24");
    const csms = await link("L24");
    const commands = async () => (await kerbside.api("GET", "/v1/stations/L24/commands")).body.commands;
    for (const type of ["Soft", "Soft", "Hard"]) csms.send([2, "1", "Reset", { type }]);
    const [, soft] = await station.next();
    // Or the station may be quicker than the other CALL, and its answer is the first one's still.
    await until("the other CALL", async () => (await commands()).length === 2);
    station.send([3, soft, { status: "Rejected" }]);
    const [, hard, , { type }] = await station.next();
    expect(type).toBe("Hard");
    station.send([3, hard, { status: "Accepted" }]);
    expect(await csms.of("1")).toEqual([3, "1", { status: "Accepted" }]);
    expect(csms.frames).toHaveLength(1);
    expect(await commands()).toHaveLength(2);
  });

  test("that does not answer an event is told those behind it, and then that one once more, but before a question", async () => {
    const station = await kerbside.station("L21");
    let isIgnoring = true;
    const csms = await link("L21", (action, { connectorId }) => {
      if (connectorId === 1 && isIgnoring) return null;
      return action === "Authorize" ? ACCEPTED : {};
    });
    for (let i = 0; i < 3; i++) await station.call("StatusNotification", { ...STATUS_16, connectorId: i + 1 }, `e${i}`);
    const told = () => csms.calls().map(([, , action, { connectorId, idTag }]) => `${action} ${connectorId ?? idTag}`);
    const [e0, e1, e2, e3] = [1, 2, 3, 4].map((connectorId) => `StatusNotification ${connectorId}`);
    await until("it once more", () => told().length === 4);
    expect(told()).toEqual([e0, e1, e2, e0]);
    // One that it never answers holds up no question either, nor what comes before that.
    await station.call("StatusNotification", { ...STATUS_16, connectorId: 4 }, "e3");
    expect((await station.call("Authorize", { idTag: "B" }))[2]).toEqual(ACCEPTED);
    expect(told()).toEqual([e0, e1, e2, e0, e3, "Authorize B"]);
    // Late, while nothing is waited for.
    isIgnoring = false;
    csms.send([3, "e0", {}]);
    await until("all of it", async () => (await kerbside.api("GET", "/v1/stations/L21")).body.csms.backlog === 0);
  });

  test("that has trouble of its own with an event is told it again, behind those that it takes", async () => {
    const station = await kerbside.station("L22");
    const csms = await link("L22");
    for (const connectorId of [1, 2])
      await station.call("StatusNotification", { ...STATUS_16, connectorId }, `e${connectorId}`);
    await until("the first", () => csms.calls().at(-1)?.[1] === "e1");
    csms.send([4, "e1", "GenericError", "the database is away", {}]);
    await until("what is behind it", () => csms.calls().at(-1)?.[1] === "e2");
    csms.send([3, "e2", {}]);
    await until("it once more", () => csms.calls().at(-1)?.[1] === "e1");
    csms.send([4, "e1", "NotSupported", "", {}]);
    await until("all of it", async () => (await kerbside.api("GET", "/v1/stations/L22")).body.csms.backlog === 0);
  });
});
