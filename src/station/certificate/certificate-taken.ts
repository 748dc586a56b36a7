/**
 * Whether a command brings the station a certificate for its connection, and whether the station has taken it. Must not know who asked
 * for it.
 */
import type { Command } from "../command/command-row.ts";

/** [1.6 security whitepaper A02; OCPP 2.x A02] For its connection; V2G certificates are the car's. */
export const isCertificateBrought = ({ action, payload }: Command): boolean =>
  action === "CertificateSigned" &&
  (payload.certificateType === undefined || payload.certificateType === "ChargingStationCertificate");

export const isCertificateTaken = (command: Command): boolean =>
  isCertificateBrought(command) &&
  command.state === "result" &&
  command.outcome?.state === "result" &&
  command.outcome.payload.status === "Accepted";
