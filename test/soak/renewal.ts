/**
 * A station that asks for another certificate over its connection, and gets it there. Must not know who signs, nor when it connects.
 */
import type { Call } from "../../src/ocpp/message.ts";
import { err, ok, type Result } from "../../src/result.ts";
import type { CommandAnswer } from "../../src/simulator/station/command.ts";
import type { StationConnection } from "../../src/simulator/station/station-connection.ts";
import { certificateRequest } from "../support/certificate-requests.ts";

/** [src/security/certificate] The edge signs no more of a station within a day. */
export const RENEWALS_MAX = 12;
/** ms; a loaded machine signs late. */
const SIGNED_WITHIN_MS = 60_000;

export class Renewal {
  readonly #signed = Promise.withResolvers<string>();

  /** `null`: it is another command. */
  readonly onCommand = ({ action, payload }: Call): { answer: CommandAnswer; after(): void } | null => {
    if (action !== "CertificateSigned") return null;
    const after = () => this.#signed.resolve(String(payload.certificateChain));
    return { answer: { payload: { status: "Accepted" } }, after };
  };

  async ask(connection: StationConnection, stationId: string): Promise<Result<{ cert: string; key: string }, string>> {
    const { csr, key } = await certificateRequest(stationId);
    const outcome = await connection.call("SignCertificate", { csr });
    if (outcome.state !== "result") return err(`SignCertificate ${outcome.state}`);
    if (outcome.payload.status !== "Accepted") return err(`SignCertificate ${String(outcome.payload.status)}`);
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(resolve, SIGNED_WITHIN_MS, null);
    const cert = await Promise.race([this.#signed.promise, connection.closed.then(() => null), late]);
    clearTimeout(timer);
    return cert === null ? err("no CertificateSigned came") : ok({ cert, key });
  }
}
