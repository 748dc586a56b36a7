/**
 * How an OCPP 2.0.1 or 2.1 Charging Station answers what every station has to. Must not know OCPP 1.6 or sockets.
 */
import type { Payload } from "../../ocpp/message.ts";
import { answerWith, type CommandAnswer, type Deed, type StationView } from "./command.ts";
import { getVariables, setVariables } from "./device-model.ts";

const TRIGGERS = ["Heartbeat", "StatusNotification", "MeterValues", "TransactionEvent"] as const;

/** `null`: not supported. */
export function answer2x(action: string, payload: Payload, view: StationView): CommandAnswer | null {
  const isCharging = view.transactionId !== null;
  switch (action) {
    case "Reset":
      return reset(payload, isCharging);
    case "TriggerMessage":
      return trigger(payload, isCharging);
    case "ChangeAvailability": {
      const deed: Deed = { kind: "availability", isOperative: payload.operationalStatus === "Operative" };
      // [2.x G03.FR.05] A transaction is let finish first.
      return answerWith({ status: isCharging ? "Scheduled" : "Accepted" }, deed);
    }
    case "GetVariables":
      return answerWith(getVariables(payload, view));
    case "SetVariables":
      return setVariables(payload, view);
    case "RequestStartTransaction":
      return start(payload, view);
    case "RequestStopTransaction":
      // [2.x F03.FR.08]
      if (!isCharging || payload.transactionId !== view.transactionId) return answerWith({ status: "Rejected" });
      return answerWith({ status: "Accepted" }, { kind: "stopTransaction" });
    case "GetTransactionStatus":
      return answerWith({
        messagesInQueue: false,
        // [2.x E14.FR.06] Without an id there is nothing that could be ongoing.
        ...(payload.transactionId !== undefined && { ongoingIndicator: payload.transactionId === view.transactionId }),
      });
    case "UnlockConnector":
      // [2.x F05.FR.02]
      return answerWith({ status: isCharging ? "OngoingAuthorizedTransaction" : "Unlocked" });
    case "GetBaseReport":
    case "GetReport":
      return answerWith({ status: "NotSupported" });
    case "ClearCache":
      // [2.x C11.FR.04] There is no cache.
      return answerWith({ status: "Rejected" });
    case "GetLocalListVersion":
      // [2.x D02.FR.03] 0: there is no list.
      return answerWith({ versionNumber: 0 });
    case "DataTransfer":
      return answerWith({ status: "UnknownVendorId" });
    default:
      return null;
  }
}

/** [2.x B11, B12] A reset of one EVSE is another matter: this station restarts as a whole. */
function reset({ type, evseId }: Payload, isCharging: boolean): CommandAnswer {
  if (evseId !== undefined) return answerWith({ status: "Rejected" });
  const isScheduled = type === "OnIdle" && isCharging;
  return answerWith({ status: isScheduled ? "Scheduled" : "Accepted" }, { kind: "reset", whenIdle: isScheduled });
}

function trigger({ requestedMessage }: Payload, isCharging: boolean): CommandAnswer {
  // [2.x F06.FR.17] Not from a station that was accepted.
  if (requestedMessage === "BootNotification") return answerWith({ status: "Rejected" });
  const action = TRIGGERS.find((known) => known === requestedMessage);
  if (action === undefined) return answerWith({ status: "NotImplemented" });
  if (action === "TransactionEvent" && !isCharging) return answerWith({ status: "Rejected" });
  return answerWith({ status: "Accepted" }, { kind: "trigger", action });
}

function start({ idToken, remoteStartId }: Payload, { status, isOperative, transactionId }: StationView) {
  if (!isOperative || status !== "Available" || transactionId !== null) return answerWith({ status: "Rejected" });
  return answerWith(
    { status: "Accepted" },
    {
      kind: "startTransaction",
      idToken: String((idToken as Payload).idToken),
      remoteStartId: Number(remoteStartId),
    },
  );
}
