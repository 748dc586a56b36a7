import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answeredIdOf } from "../../src/ocpp/decode.ts";
import { FRAME_MAX_LENGTH } from "../../src/ocpp/message.ts";
import { PROTOCOLS, type Protocol } from "../../src/ocpp/protocol.ts";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { seeded, validPayload } from "../support/ocpp-samples.ts";
import type { TestStation } from "../support/test-station.ts";

let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  kerbside = await startKerbside();
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const named = (name: string, protocol: Protocol) => `${name}-${protocol.replace(/\W/g, "-")}`;
const connect = (name: string, protocol: Protocol) =>
  kerbside.station(named(name, protocol), { protocols: [protocol] });
const eventsFor = (id: string): TestEvent[] => eventsOf(receiver).filter(({ subject }) => subject === id);

const ID_37 = "a".repeat(37);
const ID_300 = "b".repeat(300);
const NEST = 100_000;
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const LONG = "x".repeat(FRAME_MAX_LENGTH);

/** `"-1"`: [OCPP 2.x P4 §4.2.3] the id of a frame that has none. `silence`: no answer at all. */
type Answered = "silence" | [messageId: string, code: string];
const silence = "silence";
const all = (answer: Answered): Record<Protocol, Answered> => ({
  "ocpp1.6": answer,
  "ocpp2.0.1": answer,
  "ocpp2.1": answer,
});
/** No id can be read: 1.6 defines no answer. */
const UNREADABLE: Record<Protocol, Answered> = { ...all(["-1", "RpcFrameworkError"]), "ocpp1.6": silence };
const refused = (messageId: string, code16: string, code2x: string): Record<Protocol, Answered> => ({
  ...all([messageId, code2x]),
  "ocpp1.6": [messageId, code16],
});
const framework = (messageId: string) => refused(messageId, "FormationViolation", "RpcFrameworkError");
const format = (messageId: string) => refused(messageId, "FormationViolation", "FormatViolation");
/** [2.0.1 P4 §4.4] answers an unknown message type, [1.6 §4.1.3, 2.1 P4 §4.1.3] ignore it. */
const unknownType = (messageId: string): Record<Protocol, Answered> => ({
  ...all(silence),
  "ocpp2.0.1": [messageId, "MessageTypeNotSupported"],
});

const FRAMES: [name: string, frame: string | Buffer, answered: Record<Protocol, Answered>][] = [
  ["nothing", "", UNREADABLE],
  ["text that is not JSON", "hello", UNREADABLE],
  ["cut-off JSON", '[2,"m","Heartbeat",{', format("m")],
  ["JSON with something behind it", '[2,"m","Heartbeat",{}]]', format("m")],
  ["two frames in one", '[2,"m","Heartbeat",{}][2,"n","Heartbeat",{}]', format("m")],
  ["a raw NUL in a text", '[2,"m","DataTransfer",{"vendorId":"a\0b"}]', format("m")],
  ["a raw newline in a text", '[2,"m","DataTransfer",{"vendorId":"a\nb"}]', format("m")],
  ["a raw tab in a text", '[2,"m","DataTransfer",{"vendorId":"a\tb"}]', format("m")],
  ["NaN", '[2,"m","MeterValues",{"connectorId":NaN}]', format("m")],
  ["a comma too many", '[2,"m","Heartbeat",{},]', format("m")],
  ["a CALL cut off in its id", '[2,"m', UNREADABLE],
  ["a CALL cut off behind its id", '[2,"m"', format("m")],
  ["an answer cut off in its id", '[3,"m', all(silence)],
  ["an answer for nothing, cut off", '[3,"m",{"status":', all(silence)],
  ["an error for nothing, cut off", '[4,"m","Gener', all(silence)],
  ["an error cut off before its id", "[4,", all(silence)],
  ["an object", '{"type":2}', UNREADABLE],
  ["a number", "2", UNREADABLE],
  ["a string", '"2"', UNREADABLE],
  ["null", "null", UNREADABLE],
  ["an empty array", "[]", UNREADABLE],
  ["binary that holds a Heartbeat", Buffer.from('[2,"m","Heartbeat",{}]'), UNREADABLE],
  ["binary of nothing", Buffer.alloc(0), UNREADABLE],
  ["message type 0", '[0,"m","Heartbeat",{}]', unknownType("m")],
  ["message type 1", '[1,"m","Heartbeat",{}]', unknownType("m")],
  ["message type 7", '[7,"m","Heartbeat",{}]', unknownType("m")],
  ["message type 2.5", '[2.5,"m","Heartbeat",{}]', unknownType("m")],
  ["message type -2", '[-2,"m","Heartbeat",{}]', unknownType("m")],
  ["message type 1e999", '[1e999,"m","Heartbeat",{}]', unknownType("m")],
  ['message type "2"', '["2","m","Heartbeat",{}]', unknownType("m")],
  ["message type null", '[null,"m","Heartbeat",{}]', unknownType("m")],
  ["an object for a message type", '[{"__proto__":2},"m","Heartbeat",{}]', unknownType("m")],
  ["an array for a message type, nested without end", `[${nested(NEST)},"m","Heartbeat",{}]`, unknownType("m")],
  ["message type 7 without an id", "[7]", unknownType("-1")],
  ["a CALL of one element", "[2]", UNREADABLE],
  ["a CALL of two elements", '[2,"m"]', framework("m")],
  ["a CALL of three elements", '[2,"m","Heartbeat"]', framework("m")],
  ["a CALL of five elements", '[2,"m","Heartbeat",{},{}]', framework("m")],
  ["an action that is a number", '[2,"m",5,{}]', framework("m")],
  ["an action that is null", '[2,"m",null,{}]', framework("m")],
  ["a payload that is an array", '[2,"m","Heartbeat",[]]', format("m")],
  ["a payload that is a string", '[2,"m","Heartbeat","{}"]', format("m")],
  ["a payload that is a number", '[2,"m","Heartbeat",0]', format("m")],
  ["a payload that is a boolean", '[2,"m","Heartbeat",false]', format("m")],
  ["a messageId that is a number", '[2,5,"Heartbeat",{}]', UNREADABLE],
  ["a messageId that is null", '[2,null,"Heartbeat",{}]', UNREADABLE],
  ["a messageId that is empty", '[2,"","Heartbeat",{}]', UNREADABLE],
  ["a messageId that is an array", '[2,["m"],"Heartbeat",{}]', UNREADABLE],
  ["a messageId of 37 characters", `[2,"${ID_37}","Heartbeat",{}]`, framework(ID_37)],
  [
    "a messageId of 300 characters",
    `[2,"${ID_300}","Heartbeat",{}]`,
    { ...all(["-1", "RpcFrameworkError"]), "ocpp1.6": silence },
  ],
  ["a CALLRESULT without an id", "[3]", all(silence)],
  ["a CALLRESULT whose id is null", "[3,null,{}]", all(silence)],
  ["a CALLRESULT whose id is empty", '[3,"",{}]', all(silence)],
  ["a CALLRESULT without a payload", '[3,"m"]', all(silence)],
  ["a CALLRESULT for nothing", '[3,"m",{}]', all(silence)],
  ["a CALLRESULT for nothing, with a lone surrogate for an id", '[3,"\\ud800",{}]', all(silence)],
  ["a CALLRESULT for nothing, with a NUL in its id", '[3,"\\u0000m",{}]', all(silence)],
  ["a CALLRESULT for nothing, nested without end", `[3,"m",${nested(NEST)}]`, all(silence)],
  ["a CALLRESULT over the bound", `[3,"m",{"x":"${LONG}"}]`, all(silence)],
  ["a CALLERROR without an id", "[4]", all(silence)],
  ["a CALLERROR whose id is a number", '[4,7,"GenericError","",{}]', all(silence)],
  ["a CALLERROR for nothing", '[4,"m","GenericError","",{}]', all(silence)],
  ["a CALLERROR of nothing but its id", '[4,"m"]', all(silence)],
  ["a CALLERROR nested without end", `[4,"m","GenericError","",${nested(NEST)}]`, all(silence)],
  ["a CALLERROR over the bound", `[4,"m","GenericError","${LONG}",{}]`, all(silence)],
  ["a CALLRESULTERROR for nothing", '[5,"m","GenericError","",{}]', unknownType("m")],
  ["a CALLRESULTERROR without an id", "[5]", unknownType("-1")],
  ["a SEND without an id", "[6]", unknownType("-1")],
  ["a SEND without a payload", '[6,"m","NotifyPeriodicEventStream"]', unknownType("m")],
  ["a SEND of an action that is none", '[6,"m","Heartbeat",{}]', unknownType("m")],
  ["a SEND of an invalid payload", '[6,"m","NotifyPeriodicEventStream",{}]', unknownType("m")],
  ["a SEND over the bound", `[6,"m","NotifyPeriodicEventStream",{"x":"${LONG}"}]`, unknownType("m")],
  ["a CALL over the bound", `[2,"m","DataTransfer",{"vendorId":"${LONG}"}]`, format("m")],
  ["a CALL over the bound, with spaces in front", ` [ 2 , "m", "Heartbeat", "${LONG}"]`, format("m")],
  ["a CALL over the bound without an id", `[2,5,"Heartbeat","${LONG}"]`, UNREADABLE],
  ["text over the bound that is no frame", LONG, { ...UNREADABLE }],
  [
    "numbers that would be over the bound once written out",
    `[2,"m","DataTransfer",{"vendorId":"v","data":[1e20${",1e20".repeat(90_000)}]}]`,
    format("m"),
  ],
  ["a CALL nested without end", `[2,"m","DataTransfer",{"vendorId":"v","data":${nested(NEST)}}]`, format("m")],
  ["a CALL nested a little too deep", `[2,"m","DataTransfer",{"vendorId":"v","data":${nested(63)}}]`, format("m")],
  ["arrays nested without end", nested(NEST), unknownType("-1")],
  ["arrays nested without end, unclosed", "[".repeat(NEST), UNREADABLE],
  ["a payload with the key __proto__", '[2,"m","Heartbeat",{"__proto__":{"x":1}}]', format("m")],
  ["a payload with the key constructor", '[2,"m","Heartbeat",{"constructor":{}}]', format("m")],
];

describe.each(PROTOCOLS)("%s", (protocol) => {
  let station: TestStation;
  beforeAll(async () => {
    station = await connect("MALFORMED", protocol);
  });
  let heartbeats = 0;

  /** What the frame was answered; a Heartbeat behind it must be answered as ever, so that silence is silence. */
  async function answersTo(frame: string | Buffer): Promise<unknown[]> {
    const messageId = `heartbeat-${++heartbeats}`;
    station.send(frame);
    station.send([2, messageId, "Heartbeat", {}]);
    const answers = [];
    for (let next = await station.next(); next[1] !== messageId; next = await station.next()) answers.push(next);
    expect(station.frames.at(-1)?.[0]).toBe(3);
    return answers;
  }

  test.each(FRAMES)("%s is survived, and answered as the version says", async (_, frame, answered) => {
    const expected = answered[protocol];
    const answers = await answersTo(frame);
    if (expected === silence) expect(answers).toEqual([]);
    else expect(answers).toEqual([[4, ...expected, expect.stringMatching(/^.{1,255}$/s), {}]]);
  });

  test("null for a payload says {} [1.6 §4.2.1]", async () => {
    expect(await answersTo('[2,"null-payload","Heartbeat",null]')).toEqual([
      [3, "null-payload", { currentTime: expect.any(String) }],
    ]);
  });

  test.each([
    ["of 36 characters", "c".repeat(36)],
    ["in any script", '充电桩-🔌-\u0000-"\\-é'],
    ["with a lone surrogate", "\ud800-\udc00"],
    ["named like a property of every object", "__proto__"],
  ])("a messageId %s comes back as it was", async (_, messageId) => {
    expect(await answersTo(JSON.stringify([2, messageId, "Heartbeat", {}]))).toEqual([
      [3, messageId, { currentTime: expect.any(String) }],
    ]);
  });

  test("lone surrogates, NULs and __proto__ in vendor data arrive unchanged", async () => {
    const id = named("MALFORMED", protocol);
    const odd = '"\\ud800 \\u0000 \\udc00"';
    const data = protocol === "ocpp1.6" ? odd : `{"__proto__":[${odd}]}`;
    const payload = `{"vendorId":"odd","data":${data}}`;
    const [answer] = (await answersTo(`[2,"odd","DataTransfer",${payload}]`)) as unknown[][];
    expect(answer?.slice(0, 2)).toEqual([3, "odd"]);
    const isOdd = ({ data }: TestEvent) => data.payload?.vendorId === "odd";
    const event = await until("the event", () => eventsFor(id).find(isOdd));
    expect(JSON.stringify(event.data.payload)).toBe(payload);
  });

  test("the deepest nesting that is taken arrives", async () => {
    if (protocol === "ocpp1.6") return;
    const frame = `[2,"deep","DataTransfer",{"vendorId":"v","data":${nested(62)}}]`;
    expect(await answersTo(frame)).toEqual([[3, "deep", { status: "UnknownVendorId" }]]);
  });

  test("an answer that comes twice, or after an error, changes nothing", async () => {
    const id = named("TWICE", protocol);
    const twice = await connect("TWICE", protocol);
    const pending = kerbside.command(id, "ClearCache", {});
    const [, messageId] = await twice.next();
    twice.send([3, messageId, { status: "Accepted" }]);
    twice.send([3, messageId, { status: "Rejected" }]);
    twice.send([4, messageId, "GenericError", "", {}]);
    twice.send([5, messageId, "GenericError", "", {}]);
    expect((await pending).body).toMatchObject({ state: "result", payload: { status: "Accepted" } });
    if (protocol === "ocpp2.0.1") expect((await twice.next())[2]).toBe("MessageTypeNotSupported");
    expect((await twice.call("Heartbeat"))[0]).toBe(3);
    expect((await kerbside.api("GET", `/v1/stations/${id}/commands/${messageId}`)).body.payload).toEqual({
      status: "Accepted",
    });
  });

  test.each([
    ["a CALLRESULT over the bound", (id: string) => `[3,"${id}",{"x":"${LONG}"}]`],
    ["a CALLRESULT nested without end", (id: string) => `[3,"${id}",${nested(NEST)}]`],
    ["a CALLRESULT without a payload", (id: string) => `[3,"${id}"]`],
    ["an unclosed CALLRESULT", (id: string) => `[3,"${id}",{"configurationKey":[]`],
    ["a CALLRESULT that has a raw NUL", (id: string) => `[3,"${id}",{"status":"Acc\0"}]`],
    ["a CALLRESULT with a raw newline", (id: string) => `[3,"${id}",{"status":"\n"}]`],
    ["a CALLRESULT of NaN, no number", (id: string) => `[3,"${id}",{"status":NaN}]`],
    ["a CALLERROR that breaks off somewhere", (id: string) => `[4,"${id}","GenericError","half a`],
    ["a CALLERROR over the bound", (id: string) => `[4,"${id}","GenericError","${LONG}",{}]`],
    ["a CALLERROR nested without end", (id: string) => `[4,"${id}","GenericError","",${nested(NEST)}]`],
  ])("%s ends its command as `error` at once", async (name, frame) => {
    const id = named(`UNUSABLE-${name.length}`, protocol);
    const peer = await connect(`UNUSABLE-${name.length}`, protocol);
    const pending = kerbside.command(id, "ClearCache", {});
    const [, messageId] = await peer.next();
    peer.send(frame(messageId));
    const { body } = await pending;
    expect(body).toMatchObject({ state: "error", error: { code: expect.any(String), origin: "edge" } });
    if (!name.includes("without")) expect(body.received).not.toBeUndefined();
    // [OCPP 2.1 P4 §4.2.4] answers a bad CALLRESULT; nothing answers a CALLERROR.
    if (protocol === "ocpp2.1" && name.includes("RESULT"))
      expect((await peer.next()).slice(0, 2)).toEqual([5, messageId]);
    expect((await peer.call("Heartbeat"))[0]).toBe(3);
  });

  test("a byte-order mark, NULs and spaces around a message are skipped, which its event says", async () => {
    const id = named("SKIPPED", protocol);
    const peer = await connect("SKIPPED", protocol);
    peer.send('\ufeff \n[2,"skipped","DataTransfer",{"vendorId":"v"}] \0\n\0');
    expect((await peer.next()).slice(0, 2)).toEqual([3, "skipped"]);
    const event = await until("the event", () => eventsFor(id).find(({ data }) => data.messageId === "skipped"));
    expect(event.data.deviations.map(({ kind }: { kind: string }) => kind)).toEqual([
      "byte-order-mark",
      "trailing-nul",
    ]);
    const pending = kerbside.command(id, "ClearCache", {});
    const [, messageId] = await peer.next();
    peer.send(`[3,"${messageId}",{"status":"Accepted"}]\0`);
    expect((await pending).body).toMatchObject({ state: "result", deviations: [{ kind: "trailing-nul" }] });
  });

  test("malformed frames become `ocpp.security` events, few however many they are", async () => {
    const id = named("FLOOD", protocol);
    const flooder = await connect("FLOOD", protocol);
    for (let i = 0; i < 200; i++) flooder.send("no OCPP");
    flooder.send([2, "after", "Heartbeat", {}]);
    await until("the heartbeat", () => flooder.frames.at(-1)?.[1] === "after");
    const security = () => eventsFor(id).filter(({ type }) => type === "ocpp.security");
    await until("the event", () => security().length > 0);
    expect(security()[0].data).toMatchObject({ kind: "malformed-frame", reason: "not JSON", excerpt: "no OCPP" });
    expect((await kerbside.api("POST", `/v1/stations/${id}/disconnect`)).status).toBe(204);
    await until("the last event", () => eventsFor(id).at(-1)?.type === "ocpp.station.disconnected");
    expect(security().length).toBeLessThanOrEqual(3);
  });
});

describe("SEND", () => {
  const stream = () => validPayload("ocpp2.1", "NotifyPeriodicEventStream", "request", seeded(5), "full");

  test("of 2.1 is kept as an event and never answered", async () => {
    const station = await connect("SEND", "ocpp2.1");
    const payload = stream();
    station.send([6, "stream-1", "NotifyPeriodicEventStream", payload]);
    const [type, messageId] = await station.call("Heartbeat", {}, "after");
    expect([type, messageId]).toEqual([3, "after"]);
    const isStream = ({ data }: TestEvent) => data.action === "NotifyPeriodicEventStream";
    const event = await until("the event", () => eventsFor("SEND-ocpp2-1").find(isStream));
    expect(event.data).toMatchObject({ messageId: "stream-1", payload, answer: null, answeredBy: "edge" });
  });

  test("by way of a CALL is NotSupported, since it has no answer", async () => {
    const station = await connect("SEND-CALL", "ocpp2.1");
    expect((await station.call("NotifyPeriodicEventStream", stream()))[2]).toBe("NotSupported");
  });

  test("is nothing that a command could ask for", async () => {
    await connect("SEND-COMMAND", "ocpp2.1");
    const { status, body } = await kerbside.command("SEND-COMMAND-ocpp2-1", "NotifyPeriodicEventStream", stream());
    expect([status, body.errors[0].path]).toEqual([422, "/action"]);
  });
});

describe("CALLRESULTERROR", () => {
  test("of a 2.1 station, about an answer it could not use, is logged and not answered", async () => {
    const station = await connect("CRE", "ocpp2.1");
    const [, messageId] = await station.call("Heartbeat", {}, "used");
    station.send([5, messageId, "FormatViolation", "no such time", {}]);
    expect((await station.call("Heartbeat", {}, "after"))[0]).toBe(3);
    const isTold = ({ type }: TestEvent) => type === "ocpp.security";
    const event = await until("the event", () => eventsFor("CRE-ocpp2-1").find(isTold));
    expect(event.data).toMatchObject({ messageId: "used", reason: expect.stringContaining("FormatViolation") });
  });

  test.each(["ocpp1.6", "ocpp2.0.1"] as const)("is not sent in %s", async (protocol) => {
    const station = await connect("CRE", protocol);
    const pending = kerbside.command(named("CRE", protocol), "ClearCache", {});
    const [, messageId] = await station.next();
    station.send([3, messageId, { status: "NotOfOcpp" }]);
    expect((await pending).body.state).toBe("error");
    expect((await station.call("Heartbeat"))[0]).toBe(3);
  });
});

test.each([
  ['[3,"a1",{}]', "a1"],
  [' [ 4 , "a1" , "InternalError"', "a1"],
  ['[2,"a1","Reset",{}]', null],
  ['[3,"a\\u0031",{}]', null],
  [`[3,"${"a".repeat(129)}",{}]`, null],
  [`${" ".repeat(500)}[3,"a1",{}]`, null],
])("What %j answers is told by its head: %j", (frame, id) => {
  expect(answeredIdOf(frame)).toBe(id);
});
