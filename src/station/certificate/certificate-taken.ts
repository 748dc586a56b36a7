/**
 * Whether a command has brought the station a certificate for its connection. Must not know who asked for it.
 */
import type { Command } from "../command/command-row.ts";

/** [1.6 security whitepaper A02; OCPP 2.x A02] For its connection; V2G certificates are the car's. */
export const isCertificateTaken = ({ action, state, payload, outcome }: Command): boolean =>
  action === "CertificateSigned" &&
  state === "result" &&
  outcome?.state === "result" &&
  outcome.payload.status === "Accepted" &&
  (payload.certificateType === undefined || payload.certificateType === "ChargingStationCertificate");
