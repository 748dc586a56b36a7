/**
 * The contract of one station once more, as plain state: what each webhook must get, may get, and in which order; which state
 * each command has; whether the station is online. Must not know Kerbside, sockets or HTTP.
 */
import type { Protocol } from "../../src/ocpp/protocol.ts";

/** `hanging`: it never answers; `too-large`: it takes no two events at once; `refusing`: it takes none, so that they become dead letters. */
export type HookMode = "up" | "down" | "slow" | "hanging" | "too-large" | "refusing";
/** Of `pending` and `rejecting` boots get that answer. */
export type CsmsMode = "up" | "down" | "block" | "pending" | "rejecting";
export type CommandState = "queued" | "sent" | "result" | "error" | "timeout" | "expired" | "cancelled";

/** Where a clock may stand. `isUsable`: a clock that is set could say so. */
export interface StoppedClock {
  at: string;
  isUsable: boolean;
}

/** One event: any of `texts` is right. `may`: the contract leaves open whether it comes. */
export interface Expected {
  texts: string[];
  type: string;
  need: "must" | "may";
}

export interface Hook {
  generation: number;
  types: string[];
  mode: HookMode;
  /** Something may wait for it: a deregistration tries that once, and no more. */
  troubled: boolean;
  /** Events were kept while it was there: what comes before them is not for it. */
  isMet: boolean;
  /** It may let the last events of an ended registration hang, which no replay overtakes. */
  lastWordsHang: boolean;
  /** Given up and asked for again, or judged once more after a crash, events come behind later ones. */
  comesLate: boolean;
  events: Expected[];
  /** What its types left out before they were changed, each with its place in `events`. */
  skipped: { at: number; event: Expected }[];
  /** What its types leave out now. */
  passed: { at: number; event: Expected }[];
}

export interface ModelCommand {
  number: number;
  states: CommandState[];
  /** Waits for a connection. */
  keepOffline: boolean;
  key: string | null;
}

/** A message of a transaction that was acknowledged. */
export interface LastMessage {
  action: string;
  payload: Record<string, unknown>;
  messageId: string;
  answers: string[];
  /** Its time says nothing: after a boot it is another one. */
  clockless: boolean;
}

export class Model {
  readonly protocol: Protocol;
  registered = false;
  online = false;
  boot: "unknown" | "Accepted" | "Pending" | "Rejected" = "unknown";
  csms: CsmsMode = "up";
  hooks = new Map<string, Hook>();
  removed: Hook[] = [];
  commands: ModelCommand[] = [];
  last: LastMessage | null = null;
  /** All messages of transactions of this registration, as a station's queue may say them again. */
  said: LastMessage[] = [];
  /** The newest transaction, 1.6 by the CSMS's number; `null`: none is open. */
  open: { transactionId: number | string; seqNo: number; clockless: boolean } | null = null;
  /** What the station says while its clock stands. */
  readonly stoppedClock: StoppedClock;
  clockWasSetBack = false;
  /** [2.x B02.FR.05] A silent station whose boot is Pending was asked for a Heartbeat, perhaps: then it may say one. */
  mayHaveBeenAsked = false;
  #counter = 0;
  #generation = 0;
  #transactionId = 0;

  constructor(protocol: Protocol, stoppedClock: StoppedClock) {
    this.protocol = protocol;
    this.stoppedClock = stoppedClock;
  }

  get is16(): boolean {
    return this.protocol === "ocpp1.6";
  }
  next = (): number => ++this.#counter;
  /** The CSMS counts; an answer that never reached the station has used a number too. */
  nextTransactionId = (): number => ++this.#transactionId;

  /** [2.x B02.FR.09] Before acceptance nothing but a boot; 1.6 takes all. */
  get isWelcome(): boolean {
    return this.is16 || (this.boot !== "Pending" && this.boot !== "Rejected");
  }
  /** [1.6 §4.2, 2.x B03] The CSMS sends nothing to a station that it rejected. */
  get mayBeCalled(): boolean {
    return this.boot !== "Rejected";
  }

  emit(type: string, ...texts: string[]): void {
    for (const hook of this.hooks.values()) {
      hook.isMet = true;
      if (isWanted(hook, type)) hook.events.push({ texts, type, need: "must" });
      else hook.passed.push({ at: hook.events.length, event: { texts, type, need: "may" } });
    }
    // An old list of webhooks may be acted on for a while.
    for (const hook of this.removed) hook.events.push({ texts, type, need: "may" });
  }

  call(action: string, messageIds: string[], answers: string[]): void {
    this.emit("ocpp.call", ...messageIds.flatMap((id) => answers.map((answer) => callText(action, id, answer))));
  }

  // Registrations and connections

  register(): void {
    if (this.registered) return;
    this.registered = true;
    this.boot = "unknown";
    this.mayHaveBeenAsked = false;
  }

  deregister(): void {
    for (const command of this.commands) {
      if (command.states.includes("queued")) this.#end(command, "cancelled");
    }
    this.disconnected();
    this.registered = false;
    this.commands = [];
    this.last = null;
    this.said = [];
    this.open = null;
    for (const hook of this.hooks.values()) {
      if (hook.troubled) this.#loosen(hook);
      hook.lastWordsHang = true;
    }
  }

  /** What an ended registration left is tried once, which a crash or a webhook that goes down cuts short. */
  farewellLost(hooks: Iterable<Hook>): void {
    for (const hook of hooks) this.#loosen(hook);
  }

  #loosen(hook: Hook): void {
    for (const event of hook.events) event.need = "may";
  }

  connected(): void {
    if (this.online) this.disconnected();
    this.online = true;
    this.emit("ocpp.station.connected", "connected");
    this.sendQueued();
  }

  /** What was sent has an unknown outcome; what did not ask to wait for another connection is over. */
  disconnected(): void {
    if (!this.online) return;
    this.online = false;
    for (const command of this.commands) {
      if (command.states.includes("sent")) this.#end(command, "timeout");
      else if (command.states.includes("queued") && !command.keepOffline) this.#end(command, "expired");
    }
    this.emit("ocpp.station.disconnected", "disconnected");
  }

  // Commands; the station answers what was queued with success

  get openCommand(): ModelCommand | undefined {
    return this.commands.find(({ states }) => states.includes("sent"));
  }

  sendQueued(): void {
    if (!this.online || !this.mayBeCalled || this.openCommand !== undefined) return;
    for (const command of this.commands) if (command.states.includes("queued")) this.#end(command, "result");
  }

  end(command: ModelCommand, state: CommandState): void {
    this.#end(command, state);
  }

  #end(command: ModelCommand, ...states: CommandState[]): void {
    command.states = states;
    this.emit("ocpp.command.completed", ...states.map((state) => commandText(command.number, state)));
  }

  /** Two hours later every deadline is over. */
  muchLater(): void {
    if (this.online && this.boot === "Pending") this.mayHaveBeenAsked = true;
    for (const wanted of ["sent", "queued"] as const) {
      for (const command of this.commands) {
        if (command.states.includes(wanted)) this.#end(command, wanted === "sent" ? "timeout" : "expired");
      }
    }
  }

  // Webhooks

  addHook(name: string, types: string[]): Hook {
    const hook: Hook = {
      generation: ++this.#generation,
      types,
      mode: "up",
      troubled: false,
      isMet: false,
      lastWordsHang: false,
      comesLate: false,
      events: [],
      skipped: [],
      passed: [],
    };
    this.hooks.set(name, hook);
    return hook;
  }

  changeTypes(hook: Hook, types: string[]): void {
    hook.types = types;
    hook.skipped.push(...hook.passed);
    hook.passed = [];
  }

  /** What was acknowledged last may be read once more after a crash, and be judged by the types as they are now. */
  crashed(): void {
    for (const hook of this.hooks.values()) {
      const again = hook.skipped.filter(({ event }) => isWanted(hook, event.type));
      if (again.length === 0) continue;
      hook.comesLate = true;
      hook.skipped = hook.skipped.filter((each) => !again.includes(each));
      // From behind, so that the places before stay what they are.
      for (const { at, event } of again.reverse()) hook.events.splice(at, 0, event);
      const moved = (at: number) => at + again.filter((each) => each.at <= at).length;
      for (const each of [...hook.skipped, ...hook.passed]) each.at = moved(each.at);
    }
  }

  removeHook(name: string): void {
    const hook = this.hooks.get(name);
    if (hook === undefined) return;
    this.#loosen(hook);
    this.hooks.delete(name);
    this.removed.push(hook);
  }
}

const isWanted = ({ types }: Hook, type: string): boolean => types.length === 0 || types.includes(type);

export const callText = (action: string, messageId: string, answer: string): string =>
  `${action} ${messageId} → ${answer}`;
export const commandText = (number: number, state: string): string => `command ${number} ${state}`;

/** What of an answer is a decision. */
export function summary(answer: unknown): string {
  if (typeof answer !== "object" || answer === null) return String(answer);
  const { transactionId, status, idTagInfo, idTokenInfo } = answer as Record<string, { status?: string } | undefined>;
  return [transactionId, status, idTagInfo?.status, idTokenInfo?.status].filter((part) => part !== undefined).join(" ");
}

/** The order of commands' ends among the other events is nobody's promise. */
export const streamOf = (type: string): "commands" | "rest" =>
  type === "ocpp.command.completed" ? "commands" : "rest";

/** Whether the events are those that are expected, in order; otherwise where they part. */
export function mismatch(expected: readonly Expected[], got: readonly string[]): string | null {
  const skips = (from: ReadonlySet<number>): Set<number> => {
    const all = new Set(from);
    for (const at of all) if (expected[at]?.need === "may") all.add(at + 1);
    return all;
  };
  let at = skips(new Set([0]));
  for (const [index, text] of got.entries()) {
    const next = [...at].filter((each) => expected[each]?.texts.includes(text)).map((each) => each + 1);
    if (next.length === 0) {
      const wanted = [...at].map((each) => expected[each]?.texts.join(" | ") ?? "the end");
      return `event ${index + 1} is "${text}", expected ${wanted.join(", or ")}`;
    }
    at = skips(new Set(next));
  }
  if (at.has(expected.length)) return null;
  const missing = [...at].map((each) => expected[each]?.texts.join(" | "));
  return `after ${got.length} events there is no ${missing.join(", nor ")}`;
}
