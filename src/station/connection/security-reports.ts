/**
 * `ocpp.security` events, bounded: whoever floods a station's door or line must not flood its log. Must not decide
 * what is suspicious.
 */
import { waitUntil } from "cloudflare:workers";
import { detailOf } from "../../fleet/problems/security-event.ts";
import { log, messageOf } from "../../log.ts";
import type { StationContext } from "../object/context.ts";
import { lastSecurityAt } from "../storage/security-in-log.ts";

/** ms in which further reports of one kind are counted, not kept. */
const QUIET_MS = 60_000;
/** Different reasons of one kind that are told in that time; of the others one: a station that is mended step by step has another fault each time. */
const REASONS_MAX: Partial<Record<SecurityKind, number>> = { "certificate-request-refused": 4 };

export class SecurityReports {
  readonly #context: StationContext;
  readonly #recent: Partial<Record<SecurityKind, { at: number; suppressed: number; reasons: unknown[] }>> = {};

  constructor(context: StationContext) {
    this.#context = context;
  }

  report(kind: SecurityKind, details: Record<string, unknown>): void {
    const now = this.#context.now();
    const recent = this.#recent[kind];
    const isQuiet = recent !== undefined && now >= recent.at && now - recent.at < QUIET_MS;
    const { reasons = [] } = isQuiet ? recent : {};
    const isNew = reasons.length < (REASONS_MAX[kind] ?? 1) && !reasons.includes(details.reason);
    if (isQuiet && !isNew) {
      recent.suppressed++;
      // Told it is not, but it happened.
      this.#context.counts.event("ocpp.security", { kind });
      return;
    }
    this.#recent[kind] = { at: isQuiet ? recent.at : now, suppressed: 0, reasons: [...reasons, details.reason] };
    // What a frame holds is for who subscribed to it: it may be a password that was typed into the wrong field.
    const { excerpt: _, ...told } = details;
    log("warn", kind, { stationId: this.#context.id, ...told });
    this.#tellFleet(kind, told, now);
    this.#context.emit("ocpp.security", { kind, ...details, suppressedBefore: recent?.suppressed ?? 0 });
  }

  /** Of refusals the fleet is told at its door. Never throws: what the queue does not take is told by the webhooks all the same. */
  #tellFleet(kind: SecurityKind, told: Record<string, unknown>, at: number): void {
    if (kind === "connection-refused") return;
    const { env, id, store } = this.#context;
    const last = lastSecurityAt(store, kind, at - TOLD_EVERY_MS);
    if (last !== null && last <= at) return;
    const security = { stationId: id, at, kind, detail: detailOf(told) };
    waitUntil(
      env.TRANSITIONS.send({ security }).catch((error: unknown) =>
        log("warn", "the fleet was not told of a security event", { stationId: id, reason: messageOf(error) }),
      ),
    );
  }
}

/** ms between two words to the fleet of one kind and station, whether its object slept meanwhile or not: a message each. */
const TOLD_EVERY_MS = 3_600_000;

export type SecurityKind =
  | "connection-refused"
  | "certificate-revoked"
  | "certificate-expired"
  | "certificate-request-refused"
  | "malformed-frame"
  | "too-many-frames";
