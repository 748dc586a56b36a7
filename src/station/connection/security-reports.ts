/**
 * `ocpp.security` events, bounded: whoever floods a station's door or line must not flood its log. Must not decide
 * what is suspicious.
 */
import { log } from "../../log.ts";
import type { StationContext } from "../object/context.ts";

/** ms in which further reports of one kind are counted, not kept. */
const QUIET_MS = 60_000;

export class SecurityReports {
  readonly #context: StationContext;
  readonly #recent: Partial<Record<SecurityKind, { at: number; suppressed: number }>> = {};

  constructor(context: StationContext) {
    this.#context = context;
  }

  report(kind: SecurityKind, details: Record<string, unknown>): void {
    const now = this.#context.now();
    const recent = this.#recent[kind];
    if (recent !== undefined && now >= recent.at && now - recent.at < QUIET_MS) {
      recent.suppressed++;
      return;
    }
    this.#recent[kind] = { at: now, suppressed: 0 };
    // What a frame holds is for who subscribed to it: it may be a password that was typed into the wrong field.
    const { excerpt: _, ...told } = details;
    log("warn", kind, { stationId: this.#context.id, ...told });
    this.#context.emit("ocpp.security", { kind, ...details, suppressedBefore: recent?.suppressed ?? 0 });
  }
}

export type SecurityKind =
  | "connection-refused"
  | "certificate-revoked"
  | "certificate-expired"
  | "certificate-request-refused"
  | "malformed-frame"
  | "too-many-frames";
