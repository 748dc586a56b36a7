import { describe, expect, test } from "vitest";
import { judgeResult, encodeResultFault } from "../../src/ocpp/call-result.ts";
import { legalCode } from "../../src/ocpp/error-codes.ts";
import { decode } from "../../src/ocpp/decode.ts";
import { encode, encodeFault } from "../../src/ocpp/message.ts";
import type { Protocol } from "../../src/ocpp/protocol.ts";
import {
  type CheckedCall,
  durableSession,
  type Input,
  INBOX_MAX,
  openSession,
  type Session,
  step,
  wakeSession,
} from "../../src/ocpp/session.ts";
import { callRefusal, commandRefusal, type RegistrationStatus } from "../../src/ocpp/state-rules.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const SETTINGS = { bootRetrySeconds: 30 };
const fresh = (protocol: Protocol = "ocpp1.6", status: RegistrationStatus = "unknown"): Session =>
  wakeSession(openSession(protocol, "strict", status));
const frame = (parts: unknown): Input => ({ kind: "frame", frame: JSON.stringify(parts) });
const run = (session: Session, input: Input, now = NOW) => step(session, input, SETTINGS, now);
const AUTHORIZE = { action: "Authorize", payload: { idTag: "A" } };
const authorize = (messageId: string) => frame([2, messageId, AUTHORIZE.action, AUTHORIZE.payload]);
const checked = (messageId: string): CheckedCall => ({
  type: "call",
  messageId,
  ...AUTHORIZE,
  deviations: [],
  receivedAt: NOW,
});
const accepted = { payload: { idTagInfo: { status: "Accepted" } } };
const answerTo = (messageId: string, answer: (Input & { kind: "answer" })["answer"] = accepted): Input => ({
  kind: "answer",
  call: checked(messageId),
  answer,
  answeredBy: "csms",
});
const command = (messageId: string, action = "Reset"): Input => ({
  kind: "command",
  messageId,
  action,
  payload: { type: "Soft" },
  timeoutMs: 30_000,
});

describe("a message", () => {
  test.each([
    { type: "call", messageId: "m", action: "Heartbeat", payload: {} },
    { type: "callResult", messageId: "m", payload: { status: "Accepted" } },
    { type: "callError", messageId: "m", code: "GenericError", description: "why", details: { a: 1 } },
    { type: "callResultError", messageId: "m", code: "GenericError", description: "", details: {} },
    { type: "send", messageId: "m", action: "NotifyPeriodicEventStream", payload: {} },
  ] as const)("$type is read as it was written", (message) => {
    expect(decode("ocpp2.1", encode(message))).toEqual({ ok: true, value: message });
  });

  test("a description is cut at 255 characters [2.x P4 §4.2.3]", () => {
    const [, , code, description] = JSON.parse(encodeFault("ocpp2.0.1", "m", "internal", "x".repeat(1000)));
    expect([code, description]).toEqual(["InternalError", "x".repeat(255)]);
  });

  test("types 5 and 6 are none before 2.1", () => {
    for (const parts of ['[5,"m","GenericError","",{}]', '[6,"m","NotifyPeriodicEventStream",{}]']) {
      expect(decode("ocpp2.1", parts).ok).toBe(true);
      expect(decode("ocpp1.6", parts)).toMatchObject({ ok: false, error: { answer: null } });
      expect(decode("ocpp2.0.1", parts)).toMatchObject({
        ok: false,
        error: { answer: expect.stringContaining("MessageTypeNotSupported"), messageId: "m" },
      });
    }
  });
});

describe("an error code of the CSMS", () => {
  test.each([
    ["ocpp1.6", "FormatViolation", "FormationViolation"],
    ["ocpp2.1", "FormationViolation", "FormatViolation"],
    ["ocpp1.6", "GenericError", "GenericError"],
    ["ocpp1.6", "MessageTypeNotSupported", null],
    ["ocpp2.0.1", "toString", null],
    ["ocpp2.0.1", "", null],
  ] as const)("in %s %s is %s", (protocol, code, legal) => {
    expect(legalCode(protocol, code)).toBe(legal);
  });
});

describe("a CALL of the station", () => {
  test("without a decision is acknowledged at once, with the event before the frame", () => {
    const { effects } = run(fresh(), frame([2, "m", "Heartbeat", {}]));
    expect(effects).toEqual([
      {
        kind: "acknowledge",
        call: { type: "call", messageId: "m", action: "Heartbeat", payload: {}, deviations: [], receivedAt: NOW },
        answer: { payload: { currentTime: "2026-11-23T12:00:00.000Z" } },
        answeredBy: "edge",
        frame: '[3,"m",{"currentTime":"2026-11-23T12:00:00.000Z"}]',
      },
    ]);
  });

  test("with one is asked for, and those behind it wait for it in their order", () => {
    let { session, effects } = run(fresh(), authorize("a"));
    expect(effects).toEqual([{ kind: "ask", call: checked("a") }]);
    const status = { connectorId: 0, errorCode: "NoError", status: "Available" };
    ({ session, effects } = run(session, frame([2, "b", "StatusNotification", status])));
    expect(effects).toEqual([]);
    ({ session, effects } = run(session, authorize("c")));
    expect(effects).toEqual([]);
    ({ session, effects } = run(session, answerTo("a")));
    expect(effects.map((it) => [it.kind, "call" in it && it.call.messageId])).toEqual([
      ["acknowledge", "a"],
      ["acknowledge", "b"],
      ["ask", "c"],
    ]);
    expect([session.asking?.messageId, session.inbox]).toEqual(["c", []]);
  });

  test("is answered at once if it is a Heartbeat, whoever is asked for another; not behind a boot, nor under an open id", () => {
    const beat = frame([2, "h", "Heartbeat", {}]);
    const asking = run(fresh(), authorize("a")).session;
    const { session, effects } = run(asking, beat);
    expect(effects).toMatchObject([{ kind: "acknowledge", frame: expect.stringMatching(/^\[3,"h",/) }]);
    expect(session).toEqual(asking);
    const call = { ...checked("b"), action: "BootNotification" };
    for (const busy of [{ ...fresh(), asking: call }, run(fresh(), authorize("h")).session]) {
      expect(run(busy, beat)).toMatchObject({ session: { inbox: [{ messageId: "h" }] }, effects: [] });
    }
  });

  test("that the CSMS did not answer gets InternalError, a BootNotification Pending", () => {
    const asking = run(fresh(), authorize("a")).session;
    const [effect] = run(asking, answerTo("a", null)).effects;
    expect(effect).toMatchObject({ kind: "refuse", frame: expect.stringMatching(/^\[4,"a","InternalError",/) });

    const call = { ...checked("b"), action: "BootNotification" };
    const booting: Session = { ...fresh(), asking: call };
    const { session, effects } = run(booting, { kind: "answer", call, answer: null, answeredBy: "csms" });
    expect(session.registrationStatus).toBe("Pending");
    expect(effects[0]).toMatchObject({ kind: "acknowledge", answer: { payload: { status: "Pending", interval: 30 } } });
  });

  test("whose answer comes for another one is left as it is", () => {
    const asking = run(fresh(), authorize("a")).session;
    expect(run(asking, answerTo("b"))).toEqual({ session: asking, effects: [] });
  });

  test("beyond the inbox is refused with the bound", () => {
    let { session } = run(fresh(), authorize("a"));
    for (let i = 0; i < INBOX_MAX; i++) ({ session } = run(session, authorize(`b${i}`)));
    const { effects } = run(session, authorize("z"));
    expect(effects).toMatchObject([{ kind: "refuse", frame: expect.stringMatching(`"InternalError".*${INBOX_MAX}`) }]);
  });

  const transfer = frame([2, "a", "DataTransfer", { vendorId: "v", data: "x" }]);
  const transferred: Input = {
    kind: "answer",
    call: { ...checked("a"), action: "DataTransfer", payload: { vendorId: "v", data: "x" } },
    answer: { payload: { status: "Accepted" } },
    answeredBy: "csms",
  };

  test("repeated gets the frame it got, unless that was an error", () => {
    const asking = run(fresh(), transfer).session;
    const answered = run(asking, transferred);
    const [first] = answered.effects;
    const woken = wakeSession(durableSession(answered.session));
    const got = [{ kind: "send", frame: first?.kind === "acknowledge" && first.frame }];
    expect(run(woken, transfer).effects).toEqual(got);
    const rewritten: Input = {
      kind: "frame",
      frame: '[ 2, "a", "DataTransfer", {"data":"x",\n"vendorId":"\\u0076"} ]',
    };
    expect(run(woken, rewritten).effects).toEqual(got);

    const error = { error: { code: "InternalError", description: "", details: {} } };
    const failed = run(asking, { ...transferred, answer: error } as Input).session;
    expect(run(failed, transfer).effects).toMatchObject([{ kind: "ask" }]);
  });

  test("repeated while another one is open under its id has its turn behind that: its answer would pass for the other's", () => {
    const { session } = run(run(fresh(), transfer).session, transferred);
    const busy = run(session, authorize("a")).session;
    expect(run(busy, transfer)).toMatchObject({ session: { inbox: [{ action: "DataTransfer" }] }, effects: [] });
  });

  test("repeated after a station can no longer wait for its answer is asked for again, also where the clock was set back", () => {
    const { session } = run(run(fresh(), transfer).session, transferred);
    expect(run(session, transfer, NOW + 60_000).effects).toMatchObject([{ kind: "send" }]);
    for (const ms of [60_001, 3_600_000, -3_600_000]) {
      expect(run(session, transfer, NOW + ms).effects).toMatchObject([{ kind: "ask" }]);
    }
  });

  test("repeated is asked for again where an older release kept its answer without the time", () => {
    const { session } = run(run(fresh(), transfer).session, transferred);
    const { at: _, ...old } = session.lastAnswered ?? { messageId: "", digest: 0, frame: "" };
    const kept = JSON.parse(JSON.stringify({ ...durableSession(session), lastAnswered: old }));
    expect(run(wakeSession(kept), transfer).effects).toMatchObject([{ kind: "ask" }]);
  });

  test("to authorize somebody is asked for each time: the tag may have been blocked meanwhile", () => {
    const { session } = run(run(fresh(), authorize("a")).session, answerTo("a"));
    expect(run(session, authorize("a")).effects).toEqual([{ kind: "ask", call: checked("a") }]);
  });

  test("under an open id is a CALL of its own where it says something else, and is never refused under that id", () => {
    let { session } = run(fresh(), authorize("a"));
    let effects: unknown[];
    for (const again of [authorize("a"), frame([2, "a", "NoSuchAction", {}]), frame([2, "a", "Authorize", {}])]) {
      expect(run(session, again)).toEqual({ session, effects: [] });
    }
    ({ session, effects } = run(session, transfer));
    expect(effects).toEqual([]);
    ({ session, effects } = run(session, answerTo("a")));
    expect(effects).toMatchObject([{ kind: "acknowledge" }, { kind: "ask", call: { action: "DataTransfer" } }]);
  });

  test("with an answer too long to be kept is asked for again", () => {
    const asking = run(fresh(), transfer).session;
    const long = { payload: { status: "Accepted", data: "x".repeat(3_000) } };
    const answered = run(asking, { ...transferred, answer: long } as Input).session;
    expect(run(answered, transfer).effects).toMatchObject([{ kind: "ask" }]);
  });
});

describe("a message behind a BootNotification, in 2.x,", () => {
  const BOOT = { reason: "PowerUp", chargingStation: { vendorName: "v", model: "m" } };
  const boot = frame([2, "b", "BootNotification", BOOT]);
  const decided = (status: string | null): Input => ({
    kind: "answer",
    call: { ...checked("b"), action: "BootNotification", payload: BOOT },
    answer: status === null ? null : { payload: { currentTime: "2026-11-23T12:00:00Z", interval: 60, status } },
    answeredBy: "csms",
  });
  const STREAM = { id: 1, pending: 0, basetime: "2026-11-23T12:00:00Z", data: [{ t: 1, v: "1" }] };
  const status = { timestamp: "2026-11-23T12:00:00Z", connectorStatus: "Available", evseId: 1, connectorId: 1 };
  const kinds = (effects: readonly unknown[]) =>
    (effects as { kind: string; frame?: string }[]).map(({ kind, frame }) =>
      frame?.includes("SecurityError") ? "SecurityError" : kind,
    );

  test.each([
    ["Pending", "Accepted", "acknowledge", "keep"],
    ["Rejected", "Accepted", "acknowledge", "keep"],
    ["Pending", "Pending", "SecurityError", "malformed"],
    ["Pending", null, "SecurityError", "malformed"],
    ["unknown", "Accepted", "acknowledge", "keep"],
    ["unknown", "Pending", "SecurityError", "malformed"],
    ["unknown", "Rejected", "SecurityError", "malformed"],
    ["unknown", null, "SecurityError", "malformed"],
    ["Accepted", "Rejected", "SecurityError", "malformed"],
  ] as const)(
    "is judged by what the boot came to: it was %s and is %s [B02.FR.09, B03.FR.07]",
    (was, is, call, send) => {
      let { session } = run(fresh("ocpp2.1", was), boot);
      let effects: unknown[];
      for (const behind of [
        frame([2, "s", "StatusNotification", status]),
        frame([6, "n", "NotifyPeriodicEventStream", STREAM]),
      ]) {
        ({ session, effects } = run(session, behind));
        expect(effects).toEqual([]);
      }
      ({ session, effects } = run(session, decided(is)));
      expect(kinds(effects)).toEqual(["acknowledge", call, send]);
    },
  );

  test("is judged where it was asked for by the invitation as it is when its turn comes", () => {
    const trigger: Input = {
      ...command("c", "TriggerMessage"),
      payload: { requestedMessage: "StatusNotification" },
    } as Input;
    for (const [is, expected] of [
      ["Pending", "acknowledge"],
      ["Accepted", "acknowledge"],
      ["Rejected", "SecurityError"],
    ] as const) {
      let { session } = run(run(fresh("ocpp2.0.1", "Pending"), trigger).session, boot);
      ({ session } = run(session, frame([2, "s", "StatusNotification", status])));
      expect(kinds(run(session, decided(is)).effects)).toEqual(["acknowledge", expected]);
    }
  });

  test("that cannot be meant at all is refused at once", () => {
    const { session } = run(fresh("ocpp2.0.1", "Pending"), boot);
    expect(run(session, frame([2, "s", "NoSuchAction", {}])).effects).toMatchObject([
      { kind: "refuse", frame: expect.stringContaining("NotImplemented") },
    ]);
    expect(run(session, frame([2, "s", "StatusNotification", {}])).effects).toMatchObject([
      { kind: "refuse", frame: expect.stringContaining("Violation") },
    ]);
  });
});

describe("what has happened already", () => {
  const info = { transactionInfo: { transactionId: "T" }, idToken: { idToken: "A", type: "ISO14443" } };
  const event = (eventType: string, more = {}) => ({
    eventType,
    timestamp: "2026-11-23T12:00:00Z",
    triggerReason: "Authorized",
    seqNo: 1,
    ...info,
    ...more,
  });
  const error = { error: { code: "InternalError", description: "", details: {} } };

  test.each<[Protocol, string, Record<string, unknown>, boolean]>([
    ["ocpp1.6", "StopTransaction", { transactionId: 1 }, true],
    ["ocpp1.6", "StopTransaction", { transactionId: 1, idTag: "A" }, true],
    ["ocpp1.6", "StartTransaction", { connectorId: 1, idTag: "A" }, false],
    ["ocpp1.6", "Authorize", { idTag: "A" }, false],
    ["ocpp2.0.1", "TransactionEvent", event("Ended"), true],
    ["ocpp2.0.1", "TransactionEvent", event("Started", { offline: true }), true],
    ["ocpp2.0.1", "TransactionEvent", event("Updated", { offline: true }), true],
    ["ocpp2.0.1", "TransactionEvent", event("Started", { offline: false }), false],
    ["ocpp2.0.1", "TransactionEvent", event("Updated"), false],
    ["ocpp2.1", "NotifySettlement", { pspRef: "r" }, true],
    ["ocpp2.1", "NotifyEVChargingSchedule", {}, false],
  ])(
    "in %s: %s %j is kept and answered by the edge when the CSMS fails or refuses: %s",
    (protocol, action, payload, kept) => {
      const call: CheckedCall = { ...checked("a"), action, payload };
      for (const answer of [null, error]) {
        const asking: Session = { ...fresh(protocol), asking: call };
        const [effect] = run(asking, { kind: "answer", call, answer, answeredBy: "csms" }).effects;
        const expected = { kind: "acknowledge", answer: { payload: {} }, answeredBy: "edge", frame: '[3,"a",{}]' };
        if (kept) expect(effect).toMatchObject(expected);
        else expect(effect).not.toMatchObject({ answeredBy: "edge" });
      }
    },
  );
});

describe("a command", () => {
  test("is open until its answer, its error or its deadline, which are matched by messageId", () => {
    const { session, effects } = run(fresh(), command("c"));
    expect(effects).toEqual([{ kind: "send", frame: '[2,"c","Reset",{"type":"Soft"}]' }]);
    expect(session.openCall).toEqual({ messageId: "c", deadline: NOW + 30_000, timeoutMs: 30_000 });
    expect(run(session, frame([3, "other", {}])).session.openCall).not.toBeNull();
    expect(run(session, frame([3, "c", { status: "Accepted" }]))).toMatchObject({
      session: { openCall: null },
      effects: [{ kind: "judge", messageId: "c", result: { payload: { status: "Accepted" } } }],
    });
    expect(run(session, frame([4, "c", "NotSupported", "", {}])).session.openCall).toBeNull();
    expect(run(session, { kind: "tick" }, NOW + 29_999)).toEqual({ session, effects: [] });
    expect(run(session, { kind: "tick" }, NOW + 30_000)).toMatchObject({
      session: { openCall: null },
      effects: [{ kind: "settle", messageId: "c", outcome: { state: "timeout" } }],
    });
  });

  test("keeps what it asked for welcome, through sleep, until the boot is decided", () => {
    const pending = fresh("ocpp2.0.1", "Pending");
    const trigger: Input = { ...command("c", "TriggerMessage"), payload: { requestedMessage: "Heartbeat" } } as Input;
    const { session } = run(pending, trigger);
    const woken = wakeSession(JSON.parse(JSON.stringify(durableSession(session))));
    expect(run(woken, frame([2, "h", "Heartbeat", {}])).effects).toMatchObject([{ kind: "acknowledge" }]);
    expect(run(pending, frame([2, "h", "Heartbeat", {}])).effects).toMatchObject([
      { kind: "refuse", frame: expect.stringContaining("SecurityError") },
    ]);
  });

  test.each([
    ["Rejected", "Reset", true],
    ["Pending", "Reset", false],
    ["Pending", "RemoteStartTransaction", true],
    ["Pending", "RequestStopTransaction", true],
    ["Accepted", "RemoteStartTransaction", false],
    ["unknown", "RequestStartTransaction", false],
  ] as const)("while %s: %s is refused: %s [1.6 §4.2, 2.x B02.FR.05, B03]", (status, action, refused) => {
    expect(commandRefusal(status, action) !== null).toBe(refused);
  });
});

describe("a CALLRESULT", () => {
  test("is an outcome by the schema of its action, else an error that shows it, told to a 2.1 station", () => {
    expect(judgeResult("ocpp2.1", "strict", "ClearCache", { payload: { status: "Accepted" } })).toEqual({
      state: "result",
      payload: { status: "Accepted" },
    });
    const bad = judgeResult("ocpp2.1", "strict", "ClearCache", { payload: { status: "No" } });
    expect(bad).toMatchObject({ state: "error", error: { code: "PropertyConstraintViolation" } });
    expect(encodeResultFault("ocpp2.1", "c", bad)).toMatch(/^\[5,"c","PropertyConstraintViolation","\/status: /);
    expect(encodeResultFault("ocpp2.0.1", "c", bad)).toBeNull();
    expect(encodeResultFault("ocpp2.1", "c", { state: "timeout" })).toBeNull();
  });
});

test("what a station may call is decided by direction, then by time", () => {
  expect(callRefusal("ocpp2.1", "Reset", "Pending", [])?.kind).toBe("not-supported");
  expect(callRefusal("ocpp2.1", "NotifyPeriodicEventStream", "Accepted", [])?.kind).toBe("not-supported");
  expect(callRefusal("ocpp2.0.1", "NotifyPeriodicEventStream", "Accepted", [])?.kind).toBe("not-implemented");
  expect(callRefusal("ocpp2.0.1", "BootNotification", "Rejected", [])).toBeNull();
  expect(callRefusal("ocpp2.0.1", "NotifyReport", "Pending", ["NotifyReport"])).toBeNull();
  expect(callRefusal("ocpp2.0.1", "NotifyEvent", "Pending", ["NotifyReport"])?.kind).toBe("security");
  expect(callRefusal("ocpp1.6", "StatusNotification", "Rejected", [])).toBeNull();
});
