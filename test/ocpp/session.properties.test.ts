import fc from "fast-check";
import { expect, test } from "vitest";
import { csmsActions, SEND_ACTION, stationActions } from "../../src/ocpp/actions.ts";
import { bootAnswer } from "../../src/ocpp/built-in-answers.ts";
import { PROTOCOLS, type Protocol } from "../../src/ocpp/protocol.ts";
import { validate } from "../../src/ocpp/schemas/validate.ts";
import {
  type Answer,
  durableSession,
  type Effect,
  type Input,
  INBOX_MAX,
  openSession,
  type Session,
  step,
  wakeSession,
} from "../../src/ocpp/session.ts";
import { mutate } from "../support/ocpp-mutations.ts";
import { seeded, validPayload } from "../support/ocpp-samples.ts";

/** [1.6 §4.2.3], [2.x P4 §4.3], written down once more: the tested code must not be its own judge. */
const COMMON =
  "NotImplemented NotSupported InternalError ProtocolError SecurityError PropertyConstraintViolation " +
  "TypeConstraintViolation GenericError";
const CODES: Record<Protocol, string[]> = {
  "ocpp1.6": `${COMMON} FormationViolation OccurenceConstraintViolation`.split(" "),
  "ocpp2.0.1":
    `${COMMON} FormatViolation OccurrenceConstraintViolation MessageTypeNotSupported RpcFrameworkError`.split(" "),
  "ocpp2.1": `${COMMON} FormatViolation OccurrenceConstraintViolation MessageTypeNotSupported RpcFrameworkError`.split(
    " ",
  ),
};
/** What fits a socket's attachment of 16,384 bytes with the facts beside it. */
const DURABLE_MAX_CHARACTERS = 12_000;

// Few ids, so that they meet; one too long and one that names a property of every object.
const messageId = fc.constantFrom("a", "b", "c", "__proto__", "x".repeat(36), "x".repeat(37), "\ud800");
const seed = fc.nat(50);
const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("call" as const), messageId, seed, which: fc.nat(), valid: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("send" as const), messageId, seed }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("result" as const), messageId, right: fc.boolean(), payload: fc.json() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("error" as const),
      messageId,
      right: fc.boolean(),
      rest: fc.array(fc.jsonValue(), { maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("array" as const),
      parts: fc.array(fc.oneof(fc.integer({ min: 0, max: 8 }), messageId, fc.jsonValue()), { maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("text" as const), text: fc.oneof(fc.string(), fc.json()) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      seed,
      how: fc.constantFrom("payload", "payload", "nobody", "error"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("command" as const), seed, which: fc.nat(), now: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("tick" as const), seed }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sleep" as const), seed }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** Plays the shell around a session, and watches every step. */
class Watch {
  session: Session;
  readonly #protocol: Protocol;
  #now = 1_000_000;
  #commands = 0;
  /** CALLs of the station that have no answer yet. */
  readonly #open: string[] = [];
  #asks = 0;

  constructor(protocol: Protocol, strictness: "strict" | "lenient") {
    this.#protocol = protocol;
    this.session = wakeSession(openSession(protocol, strictness, "unknown"));
  }

  happen(it: Happening): void {
    const { session } = this;
    switch (it.kind) {
      case "call": {
        const actions = [...stationActions(this.#protocol), SEND_ACTION, "Reset", "NoSuchAction"];
        const action = actions[it.which % actions.length] as string;
        const known = it.which % actions.length < actions.length - 3;
        const payload = known ? validPayload(this.#protocol, action, "request", seeded(it.seed)) : {};
        this.#call([2, it.messageId, action, it.valid ? payload : mutate(payload, seeded(it.seed))]);
        return;
      }
      case "send": {
        const payload = validPayload("ocpp2.1", SEND_ACTION, "request", seeded(it.seed));
        const effects = this.#frame(JSON.stringify([6, it.messageId, SEND_ACTION, payload]));
        if (this.#protocol === "ocpp2.1") expect(framesOf(effects)).toEqual([]);
        return;
      }
      case "result":
      case "error": {
        const id = it.right ? (session.openCall?.messageId ?? it.messageId) : it.messageId;
        const rest = it.kind === "result" ? [JSON.parse(it.payload)] : it.rest;
        // [2.x P4 §4.2.3] An answer is never answered by a CALLERROR.
        expect(framesOf(this.#frame(JSON.stringify([it.kind === "result" ? 3 : 4, id, ...rest])))).toEqual([]);
        if (id === session.openCall?.messageId) expect(this.session.openCall).toBeNull();
        return;
      }
      case "array":
        // What looks like a CALL by chance is one.
        this.#call(it.parts);
        return;
      case "text":
        this.#frame(it.text);
        return;
      case "answer":
        if (session.asking !== null) this.#answer(it.how, it.seed);
        return;
      case "command": {
        // The shell never sends a second CALL while one is open.
        if (session.openCall !== null) return;
        const actions = csmsActions(this.#protocol);
        const action = actions[it.which % actions.length] as string;
        const payload = validPayload(this.#protocol, action, "request", seeded(it.seed));
        const id = `command-${++this.#commands}`;
        const effects = this.#step({ kind: "command", messageId: id, action, payload, timeoutMs: 30_000 });
        expect(framesOf(effects)).toEqual([[2, id, action, payload]]);
        expect(this.session.openCall?.messageId).toBe(id);
        return;
      }
      case "tick": {
        this.#now += it.seed * 1000;
        this.#step({ kind: "tick" });
        expect(this.session.openCall === null || this.session.openCall.deadline > this.#now).toBe(true);
        return;
      }
      case "sleep":
        // An object that waits for the CSMS does not sleep.
        if (session.asking === null) this.session = wakeSession(JSON.parse(JSON.stringify(durableSession(session))));
    }
  }

  /** Answers what is still asked; then no CALL may be left without an answer. */
  finish(): void {
    while (this.session.asking !== null) this.#answer("payload", 1);
    expect(this.#open).toEqual([]);
    expect(this.session.inbox).toEqual([]);
  }

  #call(parts: unknown[]): void {
    const [type, id] = JSON.parse(JSON.stringify(parts));
    const isCall = type === 2 && typeof id === "string" && id !== "";
    const isRepeated = this.#open.includes(id);
    const { inbox } = this.session;
    const effects = this.#frame(JSON.stringify(parts), isCall && !isRepeated ? id : null);
    if (!isCall || !isRepeated) return;
    // One answer is on its way; a second one would be taken for another CALL's.
    expect(framesOf(effects)).toEqual([]);
    // Something else under an open id has its turn.
    if (this.session.inbox.length > inbox.length) this.#open.push(id);
  }

  #answer(how: string, with_: number): void {
    const { asking } = this.session;
    if (asking === null) return;
    const { action } = asking;
    const payload =
      action === "BootNotification"
        ? bootAnswer((["Accepted", "Pending", "Rejected"] as const)[with_ % 3] ?? "Accepted", 60, this.#now)
        : validPayload(this.#protocol, action, "response", seeded(with_));
    const code = ["InternalError", "FormatViolation", "FormationViolation", "Odd", ""][with_ % 5] as string;
    const error = { code, description: "x".repeat(with_ * 10), details: {} };
    const answer: Answer | null = how === "nobody" ? null : how === "error" ? { error } : { payload };
    this.#asks--;
    this.#step({ kind: "answer", call: asking, answer, answeredBy: "csms" });
  }

  #frame(frame: string, callId: string | null = null): Effect[] {
    if (callId !== null) this.#open.push(callId);
    return this.#step({ kind: "frame", frame });
  }

  #step(input: Input): Effect[] {
    const before = this.session;
    const { session, effects } = step(before, input, { bootRetrySeconds: 30 }, this.#now);
    this.session = session;
    for (const effect of effects) {
      if (effect.kind === "ask") this.#asks++;
    }
    for (const line of framesOf(effects)) this.#expectLegal(line, effects);
    expect(this.#asks).toBe(session.asking === null ? 0 : 1);
    expect(session.inbox.length).toBeLessThanOrEqual(INBOX_MAX);
    expect(session.asking === null && session.inbox.length > 0).toBe(false);
    expect(JSON.stringify(durableSession(session)).length).toBeLessThan(DURABLE_MAX_CHARACTERS);
    if (before.openCall !== null && input.kind !== "command" && session.openCall === null) {
      const ends = effects.map((it) =>
        "messageId" in it && (it.kind === "settle" || it.kind === "judge") ? it.messageId : null,
      );
      expect(ends).toContain(before.openCall.messageId);
    }
    return effects;
  }

  #expectLegal(line: unknown[], effects: Effect[]): void {
    const [type, id, code, description, details] = line;
    expect(typeof id).toBe("string");
    if (type === 2) return;
    if (type === 4 && code === "MessageTypeNotSupported") {
      expect([this.#protocol, line.length]).toEqual(["ocpp2.0.1", 5]);
      return;
    }
    const at = this.#open.indexOf(id as string);
    if (id !== "-1" && at < 0) throw new Error(`an answer to no open CALL: ${JSON.stringify(line)}`);
    if (at >= 0) this.#open.splice(at, 1);
    if (type === 3) {
      expect(line).toHaveLength(3);
      const text = JSON.stringify(line);
      const acknowledged = effects.find((it) => it.kind === "acknowledge" && it.frame === text);
      if (acknowledged?.kind === "acknowledge") {
        expect(validate(this.#protocol, acknowledged.call.action, "response", code)).toEqual([]);
      }
      return;
    }
    expect([type, line.length, details]).toEqual([4, 5, {}]);
    expect(CODES[this.#protocol]).toContain(code);
    expect((description as string).length).toBeLessThanOrEqual(255);
    if (id === "-1") expect(this.#protocol).not.toBe("ocpp1.6");
  }
}

const framesOf = (effects: Effect[]): unknown[][] =>
  effects.flatMap((it) => ("frame" in it ? [JSON.parse(it.frame) as unknown[]] : []));

test.each(PROTOCOLS)(
  "whatever happens in a conversation of %s, every CALL gets one legal answer and nothing grows",
  (protocol) => {
    const strictness = fc.constantFrom("strict" as const, "lenient" as const);
    fc.assert(
      fc.property(strictness, fc.array(happening, { maxLength: 60, size: "max" }), (how, happenings) => {
        const watch = new Watch(protocol, how);
        for (const it of happenings) watch.happen(it);
        watch.finish();
      }),
      { numRuns: 400 },
    );
  },
);

test.each(PROTOCOLS)(
  "a station that floods %s fills the inbox and no more, and every CALL gets its answer",
  (protocol) => {
    const flood = fc.array(fc.record({ which: fc.nat(), seed }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(flood, (calls) => {
        const watch = new Watch(protocol, "strict");
        watch.happen({ kind: "call", messageId: "first", seed: 1, which: 0, valid: true });
        calls.forEach(({ which, seed: with_ }, i) => {
          watch.happen({ kind: "call", messageId: `flood-${i}`, seed: with_, which, valid: true });
        });
        watch.finish();
      }),
      { numRuns: 50 },
    );
  },
);
