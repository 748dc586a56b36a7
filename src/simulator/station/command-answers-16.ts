/**
 * How an OCPP 1.6 Charge Point answers the Core profile and remote triggers. Must not know the other versions or sockets.
 */
import type { Payload } from "../../ocpp/message.ts";
import { answerWith, type CommandAnswer, type Deed, type StationView } from "./command.ts";

const NUMBER = /^\d{1,6}$/;
const TRIGGERS = ["BootNotification", "Heartbeat", "StatusNotification", "MeterValues"] as const;
const SETTINGS = { HeartbeatInterval: "heartbeatSeconds", MeterValueSampleInterval: "meterIntervalSeconds" } as const;

/** `null`: not supported. */
export function answer16(action: string, payload: Payload, view: StationView): CommandAnswer | null {
  const isCharging = view.transactionId !== null;
  switch (action) {
    case "Reset":
      return answerWith({ status: "Accepted" }, { kind: "reset", whenIdle: false });
    case "TriggerMessage":
      return trigger(payload);
    case "ChangeAvailability": {
      const deed: Deed = { kind: "availability", isOperative: payload.type === "Operative" };
      // [1.6 §5.2] A transaction is let finish first.
      return answerWith({ status: isCharging ? "Scheduled" : "Accepted" }, deed);
    }
    case "GetConfiguration":
      return answerWith(configurationOf(view, payload.key as string[] | undefined));
    case "ChangeConfiguration":
      return configure(payload, view);
    case "RemoteStartTransaction": {
      if (!isFree(view)) return answerWith({ status: "Rejected" });
      const deed: Deed = { kind: "startTransaction", idToken: String(payload.idTag), remoteStartId: null };
      return answerWith({ status: "Accepted" }, deed);
    }
    case "RemoteStopTransaction":
      if (!isCharging || payload.transactionId !== view.transactionId) return answerWith({ status: "Rejected" });
      return answerWith({ status: "Accepted" }, { kind: "stopTransaction" });
    case "UnlockConnector":
      // [1.6 §5.18] A transaction on it is stopped first.
      return isCharging
        ? answerWith({ status: "Unlocked" }, { kind: "stopTransaction" })
        : answerWith({ status: "Unlocked" });
    case "ClearCache":
      return answerWith({ status: "Accepted" });
    case "GetLocalListVersion":
      // [1.6 §5.10] -1: local lists are not supported.
      return answerWith({ listVersion: -1 });
    case "DataTransfer":
      return answerWith({ status: "UnknownVendorId" });
    default:
      return null;
  }
}

const isFree = ({ status, isOperative, transactionId }: StationView): boolean =>
  isOperative && status === "Available" && transactionId === null;

function trigger({ requestedMessage }: Payload): CommandAnswer {
  const action = TRIGGERS.find((known) => known === requestedMessage);
  if (action === undefined) return answerWith({ status: "NotImplemented" });
  return answerWith({ status: "Accepted" }, { kind: "trigger", action });
}

function configure({ key, value }: Payload, view: StationView): CommandAnswer {
  const setting = Object.hasOwn(SETTINGS, String(key)) ? SETTINGS[key as keyof typeof SETTINGS] : undefined;
  if (setting !== undefined) {
    if (!NUMBER.test(String(value))) return answerWith({ status: "Rejected" });
    return answerWith({ status: "Accepted" }, { kind: "configure", setting, value: Number(value) });
  }
  const isKnown = keysOf(view).some((known) => known.key === key);
  return answerWith({ status: isKnown ? "Rejected" : "NotSupported" });
}

interface ConfigurationKey {
  key: string;
  readonly: boolean;
  value: string;
}

function keysOf({ heartbeatSeconds, meterIntervalSeconds }: StationView): ConfigurationKey[] {
  const key = (name: string, value: string | number, readonly = true) => ({
    key: name,
    readonly,
    value: String(value),
  });
  return [
    key("HeartbeatInterval", heartbeatSeconds, false),
    key("MeterValueSampleInterval", meterIntervalSeconds, false),
    key("NumberOfConnectors", 1),
    key("GetConfigurationMaxKeys", 20),
    key("AuthorizeRemoteTxRequests", "true"),
    key("StopTransactionOnInvalidId", "true"),
    key("SupportedFeatureProfiles", "Core,RemoteTrigger"),
    key("MeterValuesSampledData", "Energy.Active.Import.Register,Power.Active.Import,Current.Import,SoC"),
  ];
}

function configurationOf(view: StationView, wanted: string[] = []): Payload {
  const keys = keysOf(view);
  if (wanted.length === 0) return { configurationKey: keys };
  const isWanted = new Set(wanted);
  const unknownKey = wanted.filter((name) => !keys.some(({ key }) => key === name));
  return {
    configurationKey: keys.filter(({ key }) => isWanted.has(key)),
    ...(unknownKey.length > 0 && { unknownKey }),
  };
}
