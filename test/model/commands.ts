/**
 * What may happen to one station, each as a command of fast-check: what the contract says of it, done to the model, and the same
 * done to the real thing. Must not know how either keeps its state.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Kind, messageOf, reordered } from "./messages.ts";
import type { CsmsMode, HookMode, Model } from "./model.ts";
import { settle } from "./settlement.ts";
import { type AnswerMode, SLOW_MS, type World } from "./world.ts";

export type Step = fc.AsyncCommand<Model, World>;
type Check = (model: Readonly<Model>) => boolean;

const step = (name: string, check: Check, run: (model: Model, world: World) => Promise<void>): Step => ({
  check,
  run,
  toString: () => name,
});
const always: Check = () => true;
const isOnline: Check = ({ online }) => online;
const isRegistered: Check = ({ registered }) => registered;

// Registrations and connections

export const register = step("PUT", always, async (model, world) => {
  const expected = model.registered ? 200 : 201;
  let { status } = await world.api("PUT", "", { securityProfile: 0 });
  // "A new one or a clear 409/503": whoever is told so asks again.
  await world.until(async () => {
    if (status !== 409 && status !== 503) return true;
    ({ status } = await world.api("PUT", "", { securityProfile: 0 }));
    return `registration: ${status}`;
  });
  assert.equal(status, expected, "PUT of the station");
  if (!model.registered) world.incarnations++;
  model.register();
});

export const deregister = step("DELETE", always, async (model, world) => {
  assert.equal((await world.api("DELETE", "")).status, model.registered ? 204 : 404, "DELETE of the station");
  if (!model.registered) return;
  const { station } = world;
  if (model.online) assert.deepEqual(await world.closed(station), { code: 1008, reason: "deregistered" });
  model.deregister();
});

/** @param isSilent it says nothing: what was queued comes after a while */
const connecting = (isSilent: boolean) =>
  step(isSilent ? "connect, silently" : "connect", always, async (model, world) => {
    const before = model.online ? world.station : null;
    assert.equal(await world.connect(), model.registered ? 101 : 404, "upgrade");
    if (!model.registered) return;
    if (before !== null) assert.deepEqual(await world.closed(before), { code: 1008, reason: "superseded" });
    if (!isSilent && model.commands.some(({ states }) => states.includes("queued"))) {
      const id = `m${model.next()}`;
      world.send([2, id, "Heartbeat", {}]);
      await world.answerTo(id);
    }
    model.connected();
    await commandsAre(model, world);
  });
export const connect = connecting(false);

const drop = (clean: boolean) =>
  step(clean ? "close" : "drop", isOnline, async (model, world) => {
    if (clean) await world.station?.close();
    else world.station?.kill();
    await world.untilOffline();
    model.disconnected();
  });

const disconnect = step("disconnect", isRegistered, async (model, world) => {
  assert.equal((await world.api("POST", "/disconnect")).status, 204);
  if (model.online) assert.equal((await world.closed(world.station))?.code, 1000);
  model.disconnected();
});

// Messages of the station

/** What the CSMS says, and what becomes of the message: the contract's "Answering stations". */
function answerOf(model: Model, kind: Kind): string {
  const verdict = model.csms === "block" ? "Blocked" : "Accepted";
  if (kind === "boot") {
    if (model.csms === "rejecting") return "Rejected";
    return model.csms === "down" || model.csms === "pending" ? "Pending" : "Accepted";
  }
  if (!model.isWelcome) return "error SecurityError";
  if (kind === "authorize" || kind === "start") {
    if (model.csms === "down") return "error InternalError";
    return kind === "start" && model.is16 ? `${model.nextTransactionId()} ${verdict}` : verdict;
  }
  return "";
}

function taken(
  model: Model,
  kind: Kind,
  message: ReturnType<typeof messageOf>,
  id: string,
  answer: string,
  clockless = false,
) {
  if (answer.startsWith("error") || kind === "heartbeat") return;
  const { action, payload } = message;
  model.call(action, [id], [answer]);
  if (kind === "boot") {
    model.boot = answer as "Accepted" | "Pending" | "Rejected";
    if (model.boot !== "Pending") model.mayHaveBeenAsked = false;
    if (model.last?.clockless) model.last = null;
    model.sendQueued();
  }
  const seqNo = Number(payload.seqNo ?? 0);
  if (kind === "start")
    model.open = { transactionId: model.is16 ? Number(answer.split(" ")[0]) : "T", seqNo, clockless };
  if (kind === "update" && model.open !== null) model.open = { ...model.open, seqNo };
  if (kind === "stop") model.open = null;
  if (kind === "start" || kind === "stop" || (kind === "update" && !model.is16)) {
    model.last = { action, payload, messageId: id, answers: [answer], clockless };
    model.said.push(model.last);
  }
}

/** A clock that stands does so for a whole transaction; one that says 1970 now and then tells nothing either. */
function isClockless(model: Model, kind: Kind, wanted: boolean): boolean {
  if (kind === "start") return wanted;
  if (kind !== "stop" && (kind !== "update" || model.is16)) return false;
  return model.stoppedClock.isUsable ? model.open?.clockless === true : wanted;
}

const isPossible = (model: Readonly<Model>, kind: Kind): boolean => {
  if (!model.online) return false;
  if (kind === "start") return model.open === null;
  return (kind !== "stop" && kind !== "update") || model.open !== null;
};

const call = (kind: Kind, clockless: boolean) =>
  step(
    `call ${kind}${clockless ? " without a clock" : ""}`,
    (model) => isPossible(model, kind),
    async (model, world) => {
      const number = model.next();
      const stands = isClockless(model, kind, clockless);
      const message = messageOf(model, kind, number, stands);
      const id = `m${number}`;
      const expected = answerOf(model, kind);
      world.send([2, id, message.action, message.payload]);
      const answer = await world.answerTo(id);
      if (kind === "heartbeat" && model.mayHaveBeenAsked && answer === "") return;
      assert.equal(answer, expected, `answer to ${message.action}`);
      taken(model, kind, message, id, expected, stands);
    },
  );

/** Two transactions alike, but for what a clock that runs would tell. */
const twice = (clockless: boolean, isCutShort: boolean, endsClockless: boolean) =>
  step(
    `two transactions${clockless ? " without a clock" : ""}${isCutShort ? ", the first cut short" : ""}${endsClockless ? "" : ", ended by a clock"}`,
    (model) => isPossible(model, "start"),
    async (model, world) => {
      const say = async (kind: Kind) => {
        const stands = kind === "start" ? clockless : endsClockless;
        if (isPossible(model, kind)) await call(kind, stands).run(model, world);
      };
      await say("start");
      await say("update");
      if (isCutShort) await powerCut.run(model, world);
      else await say("stop");
      await say("start");
    },
  );

/** Sent without waiting for the first one's answer: "not accepted yet" is judged when a CALL's turn comes. */
const bootAndStatus = step("boot, status at once", isOnline, async (model, world) => {
  const [first, second] = [model.next(), model.next()];
  const boot = messageOf(model, "boot", first, false);
  const status = messageOf(model, "status", second, false);
  world.send([2, `m${first}`, boot.action, boot.payload]);
  world.send([2, `m${second}`, status.action, status.payload]);
  for (const [kind, message, id] of [
    ["boot", boot, `m${first}`],
    ["status", status, `m${second}`],
  ] as const) {
    const expected = answerOf(model, kind);
    assert.equal(await world.answerTo(id), expected, `answer to ${message.action}`);
    taken(model, kind, message, id, expected);
  }
});

/** The same message once more: the same answer, no second event, and the CSMS is not asked again. */
const repeat = (sameId: boolean, otherOrder: boolean) =>
  step(
    `repeat${sameId ? "" : " under a new id"}${otherOrder ? ", reordered" : ""}`,
    ({ online, last, isWelcome }) => online && isWelcome && last !== null,
    async (model, world) => {
      const last = model.last;
      if (last === null) return;
      const id = sameId ? last.messageId : `m${model.next()}`;
      const asked = world.asked.length;
      world.send([2, id, last.action, otherOrder ? reordered(last.payload) : last.payload]);
      const answer = await world.answerTo(id);
      assert.ok(last.answers.includes(answer), `repeated ${last.action}: "${answer}" instead of "${last.answers}"`);
      assert.equal(world.asked.length, asked, `the CSMS was asked again for a repeated ${last.action}`);
    },
  );

type Interruption = "drop" | "crash" | "connect" | "deregister";

/** Something happens while the CSMS decides; then the station says the same again. */
const interrupted = (by: Interruption, sameId: boolean, beforeRelease: boolean) =>
  step(
    `start, meanwhile ${by}, again${sameId ? "" : " under a new id"}${beforeRelease ? "" : ", after the answer"}`,
    (model) => isPossible(model, "start") && model.isWelcome && model.csms === "up",
    async (model, world) => {
      const number = model.next();
      const message = messageOf(model, "start", number, false);
      const first = `m${number}`;
      const asked = world.asked.length;
      world.hold();
      world.send([2, first, message.action, message.payload]);
      await world.until(() => world.asked.length > asked || "the CSMS was not asked");
      const before = model.nextTransactionId();
      const isOther = by === "deregister";
      if (by === "drop") await drop(false).run(model, world);
      if (by === "crash") await crash.run(model, world);
      if (isOther) {
        await deregister.run(model, world);
        await register.run(model, world);
      }
      await connect.run(model, world);
      const id = sameId ? first : `m${model.next()}`;
      if (!beforeRelease) world.release();
      world.send([2, id, message.action, message.payload]);
      // Of another registration, or after a crash, it may be a new question, which is held as well.
      if (isOther) await world.until(() => world.asked.length > asked + 1 || "the CSMS was not asked again");
      world.release();
      const answer = await world.answerTo(id);
      const again = world.asked.length - asked - 1;
      assert.ok(
        again === (isOther ? 1 : 0) || (by === "crash" && again === 1),
        `the CSMS was asked ${again} times more`,
      );
      const ids = [before];
      if (again === 1) ids.push(model.nextTransactionId());
      const given = isOther ? ids.slice(1) : ids;
      const answers = model.is16 ? given.map((each) => `${each} Accepted`) : ["Accepted"];
      assert.ok(
        answers.includes(answer),
        `answer to ${message.action}: "${answer}" instead of "${answers.join('" or "')}"`,
      );
      model.call(message.action, isOther ? [id] : [first, id], [answer]);
      model.open = { transactionId: model.is16 ? Number(answer.split(" ")[0]) : "T", seqNo: 0, clockless: false };
      model.last = { ...message, messageId: id, answers: [answer], clockless: false };
      model.said.push(model.last);
    },
  );

const REPLAYED_MAX = 6;

/** [issue 19] A station that starts again says its whole queue once more, under new ids: nobody is asked, and nothing is kept twice. */
const replayQueue = step(
  "boot, the queue once more",
  ({ online, csms, said }) =>
    online && (csms === "up" || csms === "block") && said.length > 0 && !said.some(({ clockless }) => clockless),
  async (model, world) => {
    await call("boot", false).run(model, world);
    const asked = world.asked.length;
    for (const { action, payload, answers } of model.said.slice(-REPLAYED_MAX)) {
      const id = `m${model.next()}`;
      world.send([2, id, action, payload]);
      const answer = await world.answerTo(id);
      assert.ok(answers.includes(answer), `replayed ${action}: "${answer}" instead of "${answers}"`);
    }
    assert.equal(world.asked.length, asked, "the CSMS was asked again for a queue");
  },
);

/** The transaction that was open is lost to the station. */
const powerCut = step("power cut", isOnline, async (model, world) => {
  await drop(false).run(model, world);
  await connect.run(model, world);
  await call("boot", false).run(model, world);
  model.open = null;
});

// Commands

/** What the model says of each command is what the API says of it. */
async function commandsAre(model: Model, world: World): Promise<void> {
  if (!model.registered || model.commands.length === 0) return;
  await world.until(async () => {
    const { body } = await world.api("GET", "/commands?limit=500");
    const found = new Map<number, string>();
    for (const { commandId, state } of body.commands) found.set(world.commandNumbers.get(commandId) ?? 0, state);
    for (const { number, states } of model.commands) {
      const state = found.get(number);
      if (!states.some((each) => each === state))
        return `command ${number} is ${state} instead of ${states.join(" or ")}`;
    }
    return true;
  });
}

const command = (mode: AnswerMode, keepOffline: boolean, key: string | null) =>
  step(
    `command${mode === "accept" ? "" : `, ${mode}`}${keepOffline ? ", queued offline" : ""}${key === null ? "" : `, key ${key}`}`,
    isRegistered,
    async (model, world) => {
      const isAsync = mode === "ignore" || model.openCommand !== undefined;
      const known = key === null ? undefined : model.commands.find((each) => each.key === key);
      if (model.openCommand === undefined) world.answerMode = mode;
      const { status, body } = await world.api(
        "POST",
        "/commands",
        {
          action: "ClearCache",
          payload: {},
          timeoutSeconds: 60,
          expiresInSeconds: key !== null || keepOffline ? 3600 : 0,
        },
        { ...(isAsync && { prefer: "respond-async" }), ...(key !== null && { "idempotency-key": key }) },
      );
      if (model.openCommand === undefined && mode !== "ignore") world.answerMode = "accept";
      if (known !== undefined) {
        assert.equal(world.commandNumbers.get(body.commandId), known.number, "the command of an Idempotency-Key");
        if (mode === "ignore" && known.states[0] !== "sent" && model.openCommand === undefined)
          world.answerMode = "accept";
        return;
      }
      const stays = key !== null || keepOffline;
      if ((!model.online || !model.mayBeCalled) && !stays) {
        assert.equal(status, 409, "a command to a station that is offline, or rejected");
        world.answerMode = "accept";
        return;
      }
      const number = model.next();
      world.commandNumbers.set(body.commandId, number);
      const made = {
        number,
        states: ["queued" as const] as Model["commands"][number]["states"],
        keepOffline: stays,
        key,
      };
      const isFree = model.online && model.mayBeCalled && model.openCommand === undefined;
      model.commands.push(made);
      if (!isFree) {
        if (!model.online || !model.mayBeCalled) world.answerMode = "accept";
        assert.equal(status, 202, "a command that waits");
      } else if (mode === "ignore") {
        made.states = ["sent"];
        await world.until(() => world.unanswered === body.commandId || "the station did not get the command");
        world.answerMode = "accept";
      } else {
        assert.equal(status, 200, `a command that is answered: ${JSON.stringify(body)}`);
        const state = mode === "accept" ? "result" : "error";
        assert.equal(body.state, state);
        if (state === "error" && body.error.origin !== undefined) {
          assert.equal(body.error.origin, mode === "error" ? "station" : "edge", "who speaks");
        }
        model.end(made, state);
      }
      await commandsAre(model, world);
    },
  );

/** An answer that comes late settles its command all the same. */
const lateAnswer = step("late answer", isOnline, async (model, world) => {
  if (world.unanswered === null) return;
  const number = world.commandNumbers.get(world.unanswered);
  const late = model.commands.find((each) => each.number === number);
  world.send([3, world.unanswered, { status: "Accepted" }]);
  world.unanswered = null;
  if (late === undefined || !["sent", "timeout"].includes(late.states[0] ?? "")) return;
  model.end(late, "result");
  model.sendQueued();
  await commandsAre(model, world);
});

const cancel = step(
  "cancel",
  ({ commands }) => commands.length > 0,
  async (model, world) => {
    const newest = model.commands.at(-1);
    const id = [...world.commandNumbers].find(([, number]) => number === newest?.number)?.[0];
    const isQueued = newest?.states[0] === "queued";
    const { status } = await world.api("DELETE", `/commands/${id}`);
    assert.equal(status, isQueued ? 204 : 409, `cancelling a command that is ${newest?.states}`);
    if (isQueued && newest !== undefined) model.end(newest, "cancelled");
  },
);

// Webhooks and the CSMS

const TYPES: string[][] = [[], ["ocpp.call"], ["ocpp.station.connected", "ocpp.station.disconnected"]];

export const addHook = (name: string, types: string[]) =>
  step(`webhook ${name} ${types.join(",") || "all"}`, always, async (model, world) => {
    const known = model.hooks.get(name);
    if (known !== undefined) {
      if (known.troubled) return;
      // What waits for it would be judged by the old types or by the new ones.
      await settle(model, world, known);
      model.changeTypes(known, types);
      await world.putHook(name, known.generation, types);
      return;
    }
    // An event of the same millisecond may be taken for a later one.
    await new Promise((resolve) => setTimeout(resolve, 2));
    const hook = model.addHook(name, types);
    if (model.clockWasSetBack) world.allowEarlier(hook.generation);
    await world.putHook(name, hook.generation, types);
  });

export const removeHook = (name: string) =>
  step(
    `webhook ${name} removed`,
    ({ hooks }) => hooks.has(name),
    async (model, world) => {
      await world.removeHook(name);
      model.removeHook(name);
    },
  );

const hookMode = (name: string, mode: HookMode) =>
  step(
    `webhook ${name} ${mode}`,
    ({ hooks }) => hooks.has(name),
    async (model, world) => {
      const hook = model.hooks.get(name);
      if (hook === undefined) return;
      hook.mode = mode;
      world.setHookMode(hook.generation, mode, hook.lastWordsHang);
      if (mode === "up" || mode === "slow") return;
      hook.troubled = true;
      hook.comesLate ||= mode === "refusing";
      if (world.incarnations > 1 || !model.registered) model.farewellLost([hook]);
    },
  );

const replay = (name: string) =>
  step(
    `webhook ${name} replay`,
    ({ hooks }) => hooks.has(name),
    (_, world) => world.replay(name),
  );

const csms = (mode: CsmsMode) =>
  step(`CSMS ${mode}`, always, async (model, world) => {
    model.csms = mode;
    world.csmsMode = mode;
  });

// Faults

export const crash = step("crash", isRegistered, async (model, world) => {
  await world.crash();
  if (model.online) await world.untilOffline();
  model.crashed();
  model.disconnected();
  if (world.incarnations > 1) model.farewellLost(model.hooks.values());
});

/** workerd's own `evict` waits for what is under way and lets it go no further, so nothing may be under way. */
export const evict = step(
  "evict",
  ({ registered, hooks }) => registered && [...hooks.values()].every(({ mode }) => mode === "up" || mode === "slow"),
  async (model, world) => {
    for (const hook of model.hooks.values()) await settle(model, world, hook);
    // A slow receiver has its events before it says so.
    const isSlow = [...model.hooks.values()].some(({ mode }) => mode === "slow");
    if (isSlow) await new Promise((resolve) => setTimeout(resolve, 2 * SLOW_MS));
    // Awake: there is nothing to evict of one that sleeps.
    await world.view();
    await world.evict();
  },
);

const TWO_HOURS_MS = 7_200_000;

const clockAhead = step("clock + 2 h", isRegistered, async (model, world) => {
  await world.setClock(world.clockMs + TWO_HOURS_MS);
  model.muchLater();
  await commandsAre(model, world);
});

export const clockBack = step(
  "clock - 2 h",
  ({ registered, commands }) => registered && !commands.some(({ states }) => /queued|sent/.test(states.join())),
  async (model, world) => {
    model.clockWasSetBack = true;
    // Whoever the station has not met yet: no time tells any more what came before it.
    for (const hook of model.hooks.values()) if (!hook.isMet) world.allowEarlier(hook.generation);
    await world.setClock(world.clockMs - TWO_HOURS_MS);
  },
);

const look = step("look", always, (model, world) => viewIs(model, world));

export async function viewIs(model: Model, world: World): Promise<void> {
  const { status, body } = await world.view();
  assert.equal(status, model.registered ? 200 : 404, "GET of the station");
  if (!model.registered) return;
  assert.equal(body.online, model.online, "online");
  assert.equal(body.boot?.status ?? "unknown", model.boot, "the boot's status");
  await commandsAre(model, world);
}

/** Where each sequence begins. */
export const beginning: readonly Step[] = [addHook("a", []), addHook("b", []), register, connect];

const names = fc.constantFrom("a", "b");
const weighted = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });

export const steps = fc.oneof(
  weighted(3, fc.constant(register)),
  weighted(2, fc.constant(deregister)),
  weighted(5, fc.oneof(weighted(24, fc.constant(connect)), weighted(1, fc.constant(connecting(true))))),
  weighted(2, fc.boolean().map(drop)),
  weighted(1, fc.constant(disconnect)),
  weighted(
    8,
    fc
      .tuple(
        fc.constantFrom<Kind>(
          "boot",
          "heartbeat",
          "status",
          "meter",
          "authorize",
          "start",
          "start",
          "update",
          "stop",
          "stop",
        ),
        fc.boolean(),
      )
      .map((given) => call(...given)),
  ),
  weighted(
    3,
    fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()).map((given) => twice(...given)),
  ),
  weighted(1, fc.constant(bootAndStatus)),
  weighted(1, fc.constant(powerCut)),
  weighted(1, fc.constant(replayQueue)),
  weighted(
    3,
    fc.tuple(fc.boolean(), fc.boolean()).map((given) => repeat(...given)),
  ),
  weighted(
    2,
    fc
      .tuple(fc.constantFrom<Interruption>("drop", "crash", "connect", "deregister"), fc.boolean(), fc.boolean())
      .map((given) => interrupted(...given)),
  ),
  weighted(
    4,
    fc
      .tuple(
        fc.constantFrom<AnswerMode>("accept", "accept", "error", "invalid", "ignore"),
        fc.boolean(),
        fc.constantFrom(null, null, "k"),
      )
      .map((given) => command(...given)),
  ),
  weighted(1, fc.constant(lateAnswer)),
  weighted(1, fc.constant(cancel)),
  weighted(
    2,
    fc.tuple(names, fc.constantFrom(...TYPES)).map((given) => addHook(...given)),
  ),
  weighted(1, names.map(removeHook)),
  weighted(
    3,
    fc
      .tuple(names, fc.constantFrom<HookMode>("up", "up", "down", "slow", "slow", "hanging", "too-large", "refusing"))
      .map((given) => hookMode(...given)),
  ),
  weighted(1, names.map(replay)),
  weighted(2, fc.constantFrom<CsmsMode>("up", "up", "down", "block", "pending", "rejecting").map(csms)),
  weighted(2, fc.constant(evict)),
  weighted(2, fc.constant(crash)),
  weighted(1, fc.constant(clockAhead)),
  weighted(1, fc.constant(clockBack)),
  weighted(1, fc.constant(look)),
);
