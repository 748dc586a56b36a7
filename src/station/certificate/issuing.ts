/**
 * A certificate that the station asks for: its request judged and answered at once, signed behind that by the station's own alarm, and
 * brought to it by a command. Must not know who signs, nor what makes a request a good one.
 */
import { log, messageOf } from "../../log.ts";
import type { Call } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import {
  askerFault,
  certificateSigned,
  type Ended,
  type Issuance,
  requested,
  sending,
  signed,
  signing,
  type Step,
  told,
} from "../../security/certificate/issuance.ts";
import type { Command } from "../command/command-row.ts";
import type { Commands } from "../command/commands.ts";
import type { Decision } from "../connection/answerer.ts";
import type { SecurityReports } from "../connection/security-reports.ts";
import type { StationContext } from "../object/context.ts";
import type { Certificates } from "./certificates.ts";

/** s; [2.x P4 §4.1.2] what a station has to take it. */
const TIMEOUT_SECONDS = 30;
/** s; [interface.md §2] the longest that a command may wait for a station; behind that it is told when it comes. */
const EXPIRES_SECONDS = 604_800;
/** ms in which so many certificates are issued to one station: a CA signs for all. */
const ISSUED_WITHIN_MS = 86_400_000;
const ISSUED_MAX = 12;
/** Who asks for the command. */
export const ISSUER_ACTOR = "certificate-issuer";

interface IssuingPort {
  commands: Commands;
  certificates: Certificates;
  security: SecurityReports;
  /** The version that the station speaks, or spoke last. */
  protocol(): Protocol;
  live(): { connectionId: string; securityProfile: number } | null;
  /** @param work never throws */
  background(work: Promise<void>): void;
  /** Something may be due sooner, or is to be delivered. */
  changed(): void;
}

export class Issuing {
  readonly #context: StationContext;
  readonly #port: IssuingPort;
  /** The id of the one that an issuer is asked for now. */
  #signing: string | null = null;

  constructor(context: StationContext, port: IssuingPort) {
    this.#context = context;
    this.#port = port;
  }

  /** The answer to a SignCertificate; nothing of it waits for the issuer. */
  async ask({ payload }: Call, connectionId: string): Promise<Decision> {
    const { incarnation } = this.#context;
    const csr = String(payload.csr);
    const asker = this.#port.live();
    const fault = askerFault(asker?.securityProfile ?? 0, this.#context.config.LOCAL) ?? (await this.#faultOf(csr));
    // Judged meanwhile for nobody: whoever is there now asks, or has asked, by itself.
    const isOver = this.#context.incarnation !== incarnation || this.#port.live()?.connectionId !== connectionId;
    if (isOver) return { answer: null, answeredBy: "edge" };
    if (fault !== null) {
      this.#port.security.report("certificate-request-refused", { reason: fault });
      return { answer: { payload: { status: "Rejected" } }, answeredBy: "edge" };
    }
    const request = { csr, ...(typeof payload.requestId === "number" && { requestId: payload.requestId }) };
    const { store, now } = this.#context;
    const { issuance, outdated } = requested(store.fact("issuing"), request, crypto.randomUUID(), now());
    store.setFact("issuing", issuance);
    if (outdated !== undefined) this.#port.commands.cancel(outdated);
    this.#port.changed();
    return { answer: { payload: { status: "Accepted" } }, answeredBy: "edge" };
  }

  async #faultOf(csr: string): Promise<string | null> {
    const registration = this.#context.store.fact("registration");
    if (registration === undefined) return "it is not registered";
    if (this.#port.certificates.issuedSince(this.#context.now() - ISSUED_WITHIN_MS) >= ISSUED_MAX)
      return `${ISSUED_MAX} certificates were issued to it in the last 24 hours`;
    // Loaded here alone: the start of the Worker does not pay for it.
    const { judgeRequest } = await import("../../security/x509/request.ts");
    const judged = await judgeRequest(csr, registration.certificate);
    return judged.ok ? null : judged.error;
  }

  /** ms since the epoch; `null`: nothing is due, or it waits for the station. */
  get at(): number | null {
    return this.#issuance?.againAt ?? null;
  }

  /** Looks for what is to be done next. */
  look(isBack = false): void {
    const issuance = this.#issuance;
    if (issuance === undefined) return;
    const { id, state, command, againAt } = issuance;
    const isDue = againAt !== undefined && againAt <= this.#context.now();
    if (state === "signing") {
      if (isDue && this.#signing !== id) this.#sign(issuance);
      return;
    }
    if (command === undefined) {
      if (isDue || isBack) this.#send(issuance);
      return;
    }
    // The row of its command is the truth, should its end not have been told.
    const row = this.#port.commands.row(command);
    if (isBack && row?.state === "queued" && !isAsIn(row, certificateSigned(issuance, this.#port.protocol()))) {
      const { command: _, ...again } = issuance;
      this.#context.store.setFact("issuing", again);
      this.#port.commands.cancel(command);
      this.#send(again);
      return;
    }
    const ended: Ended | null = row === null ? { kind: "unknown" } : endOf(row);
    if (ended !== null) this.#apply(told(issuance, ended, this.#context.now()));
  }

  /** A command has ended. */
  completed(command: Command): void {
    const issuance = this.#issuance;
    if (issuance?.command !== command.id) return;
    const ended = endOf(command);
    if (ended !== null) this.#apply(told(issuance, ended, this.#context.now()));
  }

  /** The station has connected by it: whatever it has said, it has it. */
  used(fingerprint: string): void {
    const issuance = this.#issuance;
    if (issuance?.certificate?.fingerprint !== fingerprint) return;
    this.#context.store.dropFact("issuing");
    if (issuance.command !== undefined) this.#port.commands.cancel(issuance.command);
  }

  get #issuance(): Issuance | undefined {
    return this.#context.store.fact("issuing");
  }

  #sign(issuance: Issuance): void {
    this.#signing = issuance.id;
    this.#context.store.setFact("issuing", signing(issuance, this.#context.now()));
    this.#port.background(
      this.#signed(issuance)
        .catch((error: unknown) => {
          const { id: stationId } = this.#context;
          log("error", "a certificate could not be issued", { stationId, reason: messageOf(error) });
        })
        .finally(() => {
          if (this.#signing === issuance.id) this.#signing = null;
          this.#port.changed();
        }),
    );
  }

  async #signed({ id, csr }: Issuance): Promise<void> {
    const { env, incarnation, store, now } = this.#context;
    const registration = store.fact("registration");
    if (registration === undefined) return;
    const { issue } = await import("../../pki/issue.ts");
    const outcome = await issue(env, csr, registration.certificate, now());
    // Deregistered meanwhile, or asked for another one: it is nobody's.
    const issuance = this.#issuance;
    if (this.#context.incarnation !== incarnation || issuance?.id !== id || issuance.state !== "signing") return;
    if (outcome.kind === "issued") {
      const { chain: _, issuerKeyId: __, ...told } = outcome.certificate;
      const issuer = this.#context.config.CERTIFICATE_ISSUER;
      this.#port.certificates.issued(outcome.certificate, issuer);
      const notAfter = new Date(told.notAfter).toISOString();
      this.#emit("certificate-issued", { ...told, notAfter, issuedBy: issuer });
    } else log("warn", "a certificate was not issued", { stationId: this.#context.id, reason: outcome.reason });
    this.#apply(signed(issuance, outcome, now(), Math.random()));
    this.look();
  }

  #send(issuance: Issuance): void {
    const submitted = this.#port.commands.submit({
      ...certificateSigned(issuance, this.#port.protocol()),
      ...{ timeoutSeconds: TIMEOUT_SECONDS, expiresInSeconds: EXPIRES_SECONDS, retry: "always", actor: ISSUER_ACTOR },
    });
    if (!submitted.ok && submitted.error.kind !== "queue-full") {
      this.#apply({ kind: "failed", issuance, reason: `its command was refused: ${submitted.error.kind}` });
      return;
    }
    const command = submitted.ok ? submitted.value.command.commandId : null;
    this.#context.store.setFact("issuing", sending(issuance, command, this.#context.now()));
    this.#port.changed();
  }

  #apply(step: Step): void {
    const { store } = this.#context;
    const { issuance } = step;
    const { fingerprint } = issuance.certificate ?? {};
    if (step.kind === "on") store.setFact("issuing", issuance);
    else store.dropFact("issuing");
    switch (step.kind) {
      case "on":
        break;
      case "taken":
        if (fingerprint !== undefined) this.#port.certificates.taken(fingerprint);
        break;
      case "failed":
        this.#emit("certificate-issue-failed", { reason: step.reason, ...(fingerprint && { fingerprint }) });
        break;
      case "not-taken":
        if (fingerprint !== undefined) this.#port.certificates.refused(fingerprint);
        this.#emit("certificate-not-taken", { reason: step.reason, fingerprint });
    }
    this.#port.changed();
  }

  #emit(kind: string, details: Record<string, unknown>): void {
    this.#context.emit("ocpp.security", { kind, ...details, suppressedBefore: 0 });
  }
}

/** It was queued while the station was off, and may have been in another version. */
const isAsIn = (row: Command, { payload }: { payload: object }): boolean =>
  JSON.stringify(row.payload) === JSON.stringify(payload);

/** `null`: it has not ended. */
export function endOf({ state, outcome }: Command): Ended | null {
  switch (state) {
    case "queued":
    case "sent":
      return null;
    case "timeout":
      return { kind: "unknown" };
    case "expired":
      return { kind: "unsent", isCancelled: false };
    case "cancelled":
      return { kind: "unsent", isCancelled: outcome === null };
    case "result": {
      const { status, statusInfo } = outcome?.state === "result" ? outcome.payload : {};
      const { reasonCode } = (statusInfo ?? {}) as { reasonCode?: unknown };
      return {
        ...{ kind: "answered", status: String(status) },
        ...(reasonCode !== undefined && { detail: String(reasonCode) }),
      };
    }
    case "error": {
      if (outcome?.state !== "error" || outcome.error.origin !== "station") return { kind: "unknown" };
      return { kind: "refused", reason: `${outcome.error.code}: ${outcome.error.description}`.slice(0, 300) };
    }
  }
}
