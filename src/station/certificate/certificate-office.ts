/**
 * Whatever concerns the certificates of one station, in one place: asked for, used, looked after. Must not know how each is done, nor
 * sockets.
 */
import type { Config } from "../../config.ts";
import { log, messageOf } from "../../log.ts";
import type { Call } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Command } from "../command/command-row.ts";
import type { Commands } from "../command/commands.ts";
import type { Decision } from "../connection/answerer.ts";
import type { SecurityReports } from "../connection/security-reports.ts";
import type { StationContext } from "../object/context.ts";
import { Certificates, type ShownCertificate } from "./certificates.ts";
import { isCertificateBrought } from "./certificate-taken.ts";
import type { Ended } from "../../security/certificate/issuance.ts";
import { endOf, Issuing, ISSUER_ACTOR } from "./issuing.ts";
import { Renewals } from "./renewals.ts";

export interface OfficePort {
  commands: Commands;
  security: SecurityReports;
  /** The version that the station speaks, or spoke last. */
  protocol(): Protocol;
  /** The connection that is there, unless its socket is closing. */
  live(): { connectionId: string; protocol: Protocol; securityProfile: number } | null;
  /** @param work never throws */
  background(work: Promise<void>): void;
  /** Something may be due sooner, or is to be delivered. */
  changed(): void;
}

/** Whether the edge answers this CALL, as it is set up. What is a car's is the CSMS's. */
export function isAnsweredHere({ action, payload }: Call, config: Config): boolean {
  if (action === "GetCertificateStatus") return config.OCSP_RELAY.length > 0;
  if (action !== "SignCertificate" || config.CERTIFICATE_ISSUER === "csms") return false;
  const { certificateType = "ChargingStationCertificate" } = payload;
  return certificateType === "ChargingStationCertificate";
}

/** Whether anything may be due, or wait for anything. */
export const isCertified = ({ store }: StationContext): boolean =>
  store.fact("issuing") !== undefined || store.fact("certificate") !== undefined;

export class CertificateOffice {
  readonly #context: StationContext;
  readonly #port: OfficePort;
  readonly #certificates: Certificates;
  readonly #issuing: Issuing;
  readonly #renewals: Renewals;

  constructor(context: StationContext, port: OfficePort) {
    this.#context = context;
    this.#port = port;
    this.#certificates = new Certificates(context);
    const { commands, changed } = port;
    this.#issuing = new Issuing(context, { ...port, certificates: this.#certificates });
    this.#renewals = new Renewals(context, {
      ...{ commands, changed, certificates: this.#certificates },
      live: () => port.live()?.protocol ?? null,
    });
  }

  /** `null`: it is the CSMS's to answer. */
  async ask(call: Call, protocol: Protocol, connectionId: string): Promise<Decision | null> {
    try {
      return await (call.action === "SignCertificate"
        ? this.#issuing.ask(call, connectionId)
        : this.#relay(call, protocol));
    } catch (error) {
      // Or the CALLs behind it would wait for ever.
      const { messageId, action } = call;
      log("error", "a CALL was not decided", {
        stationId: this.#context.id,
        messageId,
        action,
        reason: messageOf(error),
      });
      return { answer: null, answeredBy: "edge" };
    }
  }

  async #relay({ payload }: Call, protocol: Protocol): Promise<Decision | null> {
    const { config, id } = this.#context;
    const data = payload.ocspRequestData as Parameters<typeof relayOcsp>[0] | undefined;
    const { isAllowed, relayOcsp } = await import("../../pki/ocsp-relay.ts");
    if (protocol === "ocpp1.6" || data === undefined || !isAllowed(data, config.OCSP_RELAY)) return null;
    return { answer: { payload: { ...(await relayOcsp(data, protocol, id)) } }, answeredBy: "edge" };
  }

  /** ms since the epoch; `null`: nothing is due. */
  get at(): number | null {
    const [issuing, renewals] = [this.#issuing.at, this.#renewals.at];
    return issuing === null || renewals === null ? (issuing ?? renewals) : Math.min(issuing, renewals);
  }

  /** Something is to be sent to the station as soon as it may be. */
  get isWaiting(): boolean {
    const renewal = this.#renewals.at;
    return this.#context.store.fact("issuing") !== undefined || (renewal !== null && renewal <= this.#context.now());
  }

  look(): void {
    this.#issuing.look();
    this.#renewals.look();
  }

  /** The station has connected: what waits for it is sent behind its own first word. */
  returned(): void {
    this.#issuing.look(true);
  }

  /** By another certificate than before. */
  used(certificate: ShownCertificate): void {
    this.#certificates.used(certificate);
    this.#issuing.used(certificate.fingerprint);
    this.#port.changed();
  }

  /**
   * A backend has brought it: it counts too, whichever the registration names, if the station has it, or may have it since its answer
   * is not known. What it refuses counts no longer for that.
   */
  async #note({ id, payload }: Command): Promise<void> {
    const { incarnation, now } = this.#context;
    const { readLeaf } = await import("../../security/x509/issued.ts");
    const { commonName } = this.#context.store.fact("registration")?.certificate ?? {};
    if (commonName === undefined) return;
    const certificate = await readLeaf(String(payload.certificateChain), commonName);
    if (certificate === null || this.#context.incarnation !== incarnation || certificate.notAfter <= now()) return;
    // An answer may have come late, and meanwhile.
    const row = this.#port.commands.row(id);
    const ended: Ended | null = row === null ? null : row.state === "queued" ? { kind: "unknown" } : endOf(row);
    const isTaken = ended?.kind === "answered" && ended.status === "Accepted";
    if (isTaken || ended?.kind === "unknown") this.#certificates.issued({ ...certificate, chain: "" }, "csms");
    if (isTaken) this.#certificates.taken(certificate.fingerprint);
    else if (ended?.kind === "answered" || ended?.kind === "refused")
      this.#certificates.notTaken(certificate.fingerprint);
  }

  completed(command: Command): void {
    this.#brought(command);
    this.#issuing.completed(command);
    this.#renewals.completed(command);
  }

  /** What was sent and is to be sent again the station may have all the same, and come back by it. */
  lineLost(): void {
    for (const command of this.#port.commands.queued) this.#brought(command);
  }

  #brought(command: Command): void {
    const isSent = command.sentAt !== null;
    if (isSent && isCertificateBrought(command) && command.actor !== ISSUER_ACTOR)
      this.#port.background(this.#note(command));
  }
}
