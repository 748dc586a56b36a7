/**
 * What may be said before a boot is accepted, and by whom. Must not know payloads or the conversation's other state.
 */
import { isCsmsAction, isStationAction, SEND_ACTION } from "./actions.ts";
import type { FaultKind } from "./error-codes.ts";
import type { Protocol } from "./protocol.ts";

/** [1.6 §4.2, 2.x B01-B03] `unknown`: it has not booted since it was registered here. Reconnecting is not booting. */
export type RegistrationStatus = "unknown" | "Accepted" | "Pending" | "Rejected";

export interface CallRefusal {
  kind: FaultKind;
  description: string;
}

/** Why a station may not make this CALL at all, or not now; `null`: it may. */
export function callRefusal(
  protocol: Protocol,
  action: string,
  status: RegistrationStatus,
  invited: readonly string[],
): CallRefusal | null {
  const name = action.slice(0, 60);
  if (!isStationAction(protocol, action)) {
    if (isCsmsAction(protocol, action)) {
      return { kind: "not-supported", description: `${name} goes from CSMS to station` };
    }
    return protocol === "ocpp2.1" && action === SEND_ACTION
      ? { kind: "not-supported", description: `${name} travels as SEND` }
      : { kind: "not-implemented", description: `no ${name} in ${protocol}` };
  }
  if (action === "BootNotification" || invited.includes(action) || !isTooEarly(protocol, status)) return null;
  return { kind: "security", description: `the station's boot is ${status}` };
}

/** [2.x B02.FR.09, B03.FR.07] Before acceptance only a BootNotification, or what the CSMS asked for; 1.6 only recommends it. */
export const isTooEarly = (protocol: Protocol, status: RegistrationStatus): boolean =>
  protocol !== "ocpp1.6" && (status === "Pending" || status === "Rejected");

/** [1.6 §4.2, 2.x B02.FR.05, B03] Why a command may not be sent now, `null` if it may. */
export function commandRefusal(status: RegistrationStatus, action: string): string | null {
  if (status === "Rejected") return "the station's boot was Rejected: nothing may be sent to it";
  const starts = /^(Remote|Request)(Start|Stop)Transaction$/.test(action);
  return status === "Pending" && starts ? `the station's boot is Pending: no ${action} before it is Accepted` : null;
}
