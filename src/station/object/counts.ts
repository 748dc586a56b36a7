/**
 * What one station's object has counted and not handed over yet: in memory and, where there is a socket, with that through
 * hibernation. A crash takes it. Must not know the fleet, nor when it is handed over.
 */
import type { EventType } from "../../delivery/event.ts";
import { addTo, type Counted, observe, seriesOf } from "../../fleet/metrics/families.ts";
import { offlineKind } from "../../fleet/offline-reason.ts";
import { legalCode } from "../../ocpp/error-codes.ts";
import { PROTOCOLS } from "../../ocpp/protocol.ts";

/** As it rides with a socket. */
export interface CarriedCounts {
  /** ms since the epoch; of the first that was counted. */
  since: number;
  in: number;
  out: number;
  /** All that is rarer than a frame, by series. */
  sums: Record<string, number> | null;
}

interface CountedAs {
  protocol: string;
  securityProfile: number;
}

/** `[4,`: [OCPP-J 1.6 §4.2.3] a CALLERROR, by its third character on. */
const CALL_ERROR = /^\s*\[\s*4\s*,\s*"(?:[^"\\]|\\.)*"\s*,\s*"([A-Za-z]{1,64})"/;
const FOUR = 52;
/** Of which no row is left to say why it is off. */
const DEREGISTERED = "deregistered";

export class Counts {
  readonly #now: () => number;
  /** As it is registered: until a connection was seen. */
  readonly #registeredProfile: () => number;
  #counts: CarriedCounts | null = null;
  /** Of the newest connection since the object woke. */
  #as: CountedAs | null = null;

  constructor(now: () => number, registeredProfile: () => number) {
    this.#now = now;
    this.#registeredProfile = registeredProfile;
  }

  /** A connection is there, anew or after the object slept. */
  resume(as: CountedAs, carried: CarriedCounts | undefined): void {
    // The frame that woke the object came before anybody knew whose it is: it is this one's.
    if (this.#as !== null) this.#close();
    this.#as = as;
    if (carried === undefined) return;
    const counts = this.#begun;
    counts.since = Math.min(counts.since, carried.since);
    counts.in += carried.in;
    counts.out += carried.out;
    if (carried.sums !== null) this.#addAll(carried.sums);
  }

  /** For the attachment: the same object each time. `null`: nothing was counted. */
  get carried(): CarriedCounts | null {
    return this.#counts;
  }

  received(): void {
    this.#begun.in++;
  }

  sent(frame: string): void {
    this.#begun.out++;
    // Ours have no blanks: a look at one character for all but the few that are one.
    if (frame.charCodeAt(1) !== FOUR) return;
    this.#callError("out", CALL_ERROR.exec(frame)?.[1] ?? "");
  }

  event(type: EventType, data: unknown): void {
    if (type === "ocpp.station.connected") {
      this.resume(data as CountedAs, undefined);
      this.#add("o", this.#protocol, this.#profile);
    } else if (type === "ocpp.station.disconnected") {
      const { protocol, securityProfile, ...end } = data as CountedAs & { code: number; reason: string };
      const reason = end.reason === DEREGISTERED ? DEREGISTERED : offlineKind({ at: 0, ...end });
      this.#add("d", reason, protocol, String(securityProfile));
    } else if (type === "ocpp.command.completed") this.#command(data as CompletedCommand);
    else if (type === "ocpp.security") {
      const { kind } = data as { kind: string };
      if (kind.startsWith("certificate-")) this.#add("k", kind, this.#profile);
    }
  }

  #command({ action, state, sentAt, completedAt, error }: CompletedCommand): void {
    this.#add("c", action, state, this.#profile);
    if (state === "error" && error?.origin === "station") this.#callError("in", error.code);
    const isAnswered = state === "result" || state === "error";
    if (!isAnswered || sentAt === undefined || completedAt === undefined) return;
    observe(this.#sums, "l", Date.parse(completedAt) - Date.parse(sentAt), this.#profile);
  }

  delivery(webhook: string, outcome: string, ms: number): void {
    this.#add("w", webhook, outcome, this.#profile);
    observe(this.#sums, "x", ms, webhook, this.#profile);
  }

  /** A clock that was set back holds nothing up. */
  isDue(maxMs: number): boolean {
    if (this.#counts === null) return false;
    const ms = this.#now() - this.#counts.since;
    return ms >= maxMs || ms < 0;
  }

  /** Empties it: what is handed over and lost is lost, what was not taken is given back. `null`: there is nothing. */
  take(id: string): Counted | null {
    this.#close();
    const sums = this.#counts?.sums ?? null;
    this.#counts = null;
    return sums === null ? null : { id, sums };
  }

  giveBack({ sums }: Counted): void {
    this.#addAll(sums);
  }

  /** Frames are counted by the connection that they were of. */
  #close(): void {
    if (this.#counts === null) return;
    const { in: received, out: sent } = this.#counts;
    this.#counts.in = 0;
    this.#counts.out = 0;
    if (received > 0) addTo(this.#sums, seriesOf("f", "in", this.#protocol, this.#profile), received);
    if (sent > 0) addTo(this.#sums, seriesOf("f", "out", this.#protocol, this.#profile), sent);
  }

  #addAll(sums: Record<string, number>): void {
    for (const [series, count] of Object.entries(sums)) addTo(this.#sums, series, count);
  }

  /** A station may send any code: those of the standard are told apart. */
  #callError(direction: "in" | "out", code: string): void {
    const protocol = PROTOCOLS.find((each) => each === this.#protocol);
    const legal = protocol === undefined ? null : legalCode(protocol, code);
    this.#add("e", direction, legal ?? "other", this.#profile);
  }

  #add(...series: Parameters<typeof seriesOf>): void {
    addTo(this.#sums, seriesOf(...series));
  }

  get #profile(): string {
    return String(this.#as?.securityProfile ?? this.#registeredProfile());
  }

  get #protocol(): string {
    return this.#as?.protocol ?? "none";
  }

  get #begun(): CarriedCounts {
    this.#counts ??= { since: this.#now(), in: 0, out: 0, sums: null };
    return this.#counts;
  }

  get #sums(): Record<string, number> {
    const counts = this.#begun;
    counts.sums ??= {};
    return counts.sums;
  }
}

interface CompletedCommand {
  action: string;
  state: string;
  sentAt?: string;
  completedAt?: string;
  error?: { code: string; origin: "station" | "edge" };
}
