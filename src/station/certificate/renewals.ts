/**
 * Looks after the end of the certificate that a station connects by: told of in time, and the station asked to have it renewed. Must not
 * know when either is due, nor how one is issued.
 */
import type { Protocol } from "../../ocpp/protocol.ts";
import {
  asked,
  daysLeft,
  dueToTell,
  renewalAt,
  renewalTrigger,
  toldNextAt,
  type WatchedCertificate,
} from "../../security/certificate/watch.ts";
import type { Command } from "../command/command-row.ts";
import type { Commands } from "../command/commands.ts";
import type { StationContext } from "../object/context.ts";
import type { Certificates } from "./certificates.ts";
import { endOf } from "./issuing.ts";

/** s; [2.x P4 §4.1.2] what a station has to answer. */
const TIMEOUT_SECONDS = 30;
/** Who asks for the command. */
const RENEWAL_ACTOR = "certificate-renewal";

interface RenewalsPort {
  commands: Commands;
  certificates: Certificates;
  /** The station's version; `null`: it is not there. */
  live(): Protocol | null;
  changed(): void;
}

export class Renewals {
  readonly #context: StationContext;
  readonly #port: RenewalsPort;

  constructor(context: StationContext, port: RenewalsPort) {
    this.#context = context;
    this.#port = port;
  }

  get #watched(): WatchedCertificate | undefined {
    return this.#context.store.fact("certificate");
  }

  /** ms since the epoch; `null`: nothing is due. */
  get at(): number | null {
    const watched = this.#watched;
    if (watched === undefined) return null;
    const told = toldNextAt(watched, this.#context.now());
    // Who is not there is asked when it comes.
    const renewal = this.#port.live() === null ? null : this.#renewalAt(watched);
    return told === null ? renewal : Math.min(told, renewal ?? told);
  }

  #renewalAt(watched: WatchedCertificate): number | null {
    const { RENEW_BEFORE_DAYS: days } = this.#context.config;
    return days === undefined || watched.notAfter <= this.#context.now() ? null : renewalAt(watched, days);
  }

  look(): void {
    const watched = this.#watched;
    if (watched === undefined) return;
    const now = this.#context.now();
    const due = dueToTell(watched, now);
    if (due !== null) {
      this.#keep({ ...watched, told: due });
      this.#emit("certificate-expires", watched);
    }
    const at = this.#renewalAt(watched);
    const protocol = this.#port.live();
    if (at !== null && at <= now && protocol !== null)
      this.#ask({ ...watched, ...(due !== null && { told: due }) }, protocol);
  }

  #ask(watched: WatchedCertificate, protocol: Protocol): void {
    const now = this.#context.now();
    const { renewal } = watched;
    // It was asked, and connects by the same one still.
    if (renewal !== undefined && renewal.failed === undefined)
      this.#failed(watched, "the station was asked, and uses the same certificate still");
    // It has another one by now, and would ask for one more each time.
    const [newest] = this.#context.store.fact("registration")?.issued?.next ?? [];
    const isTaken = newest !== undefined && this.#port.certificates.isTaken(newest);
    if (isTaken || this.#context.store.fact("issuing") !== undefined) {
      this.#keep({ ...watched, renewal: asked(watched, null, now) });
      return;
    }
    const submitted = this.#port.commands.submit({
      ...renewalTrigger(protocol),
      ...{ timeoutSeconds: TIMEOUT_SECONDS, expiresInSeconds: 0, actor: RENEWAL_ACTOR },
    });
    const command = submitted.ok ? submitted.value.command.commandId : null;
    const next = asked(watched, command, now);
    const reason = submitted.ok ? null : `it was not asked: ${submitted.error.kind}`;
    this.#keep({ ...watched, renewal: { ...next, ...(reason !== null && { failed: reason }) } });
    if (reason !== null) this.#failed(watched, reason);
    this.#port.changed();
  }

  /** A command has ended. */
  completed(command: Command): void {
    const watched = this.#watched;
    if (watched?.renewal === undefined || watched.renewal.command !== command.id) return;
    const ended = endOf(command);
    if (ended === null || (ended.kind === "answered" && ended.status === "Accepted")) return;
    const reason =
      ended.kind === "answered"
        ? `the station said ${ended.status}`
        : ended.kind === "refused"
          ? ended.reason
          : "the station did not answer";
    this.#keep({ ...watched, renewal: { ...watched.renewal, failed: reason } });
    this.#failed(watched, reason);
  }

  #keep(watched: WatchedCertificate): void {
    this.#context.store.setFact("certificate", watched);
  }

  #failed(watched: WatchedCertificate, reason: string): void {
    this.#emit("certificate-renewal-failed", watched, { reason, asks: watched.renewal?.asks ?? 1 });
  }

  #emit(kind: string, { fingerprint, notAfter }: WatchedCertificate, more: Record<string, unknown> = {}): void {
    const ends = { notAfter: new Date(notAfter).toISOString(), daysLeft: daysLeft(notAfter, this.#context.now()) };
    this.#context.emit("ocpp.security", { kind, fingerprint, ...ends, ...more, suppressedBefore: 0 });
  }
}
