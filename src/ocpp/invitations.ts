/**
 * Which station calls a command of the CSMS asks for. Must not know whether they then arrive.
 */
import type { Payload } from "./message.ts";

/** [1.6-security §5.2, 2.x F06] requestedMessage values that are not themselves the name of an action. */
const BY_OTHER_NAME: Record<string, string> = {
  SignChargePointCertificate: "SignCertificate",
  SignChargingStationCertificate: "SignCertificate",
  SignV2GCertificate: "SignCertificate",
  SignV2G20Certificate: "SignCertificate",
  SignCombinedCertificate: "SignCertificate",
};

/** [1.6 errata 3.10, 2.x B02.FR.09] Actions that a station may call before its boot is accepted, because of this command. */
export function invitedBy(action: string, payload: Payload): string[] {
  switch (action) {
    case "TriggerMessage":
    case "ExtendedTriggerMessage": {
      const requested = payload.requestedMessage;
      return typeof requested === "string" ? [BY_OTHER_NAME[requested] ?? requested] : [];
    }
    case "GetBaseReport":
    case "GetReport":
      return ["NotifyReport"];
    default:
      return [];
  }
}
