/**
 * What a step asks of the station in each version, and what its answer comes to. Must not know which step is next.
 */
import type { Protocol } from "../../ocpp/protocol.ts";
import { authorizationKeyOf } from "../password.ts";
import type { Operation, StepName } from "./operation.ts";

export interface StepCommand {
  action: string;
  payload: Record<string, unknown>;
  /** Of its payload: nobody is to read it. */
  secret?: string;
}

export type Verdict = { kind: "done"; detail?: string; found?: string } | { kind: "refused"; reason: string };

/** [1.6 security whitepaper §4.1.6] Profile 2's URL has its own port; which one 1.6 has no message for. */
const SETTING_16 = { password: "AuthorizationKey", profile: "SecurityProfile" } as const;
/** s; [2.x B09] How long the station waits for an answer on that connection. */
const MESSAGE_TIMEOUT_SECONDS = 30;
/** [OCPP 2.0.1 B09] Its enumeration has no OCPP201. */
const OCPP_VERSION = { "ocpp2.0.1": "OCPP20", "ocpp2.1": "OCPP21" } as const;
const RESET_TYPE = {
  "ocpp1.6": { soft: "Soft", hard: "Hard" },
  "ocpp2.0.1": { soft: "OnIdle", hard: "Immediate" },
  "ocpp2.1": { soft: "OnIdle", hard: "Immediate" },
} as const;

/** `null`: nothing is asked, it is waited for. */
export function stepCommand(operation: Operation, step: StepName, protocol: Protocol): StepCommand | null {
  const is16 = protocol === "ocpp1.6";
  switch (step) {
    case "set-password": {
      const plain = operation.password?.plain ?? "";
      if (!is16) return { ...setVariable("SecurityCtrlr", "BasicAuthPassword", plain), secret: plain };
      const value = authorizationKeyOf(plain);
      return { ...changeConfiguration(SETTING_16.password, value), secret: value };
    }
    case "install-root": {
      const certificateType = is16 ? "CentralSystemRootCertificate" : "CSMSRootCertificate";
      return {
        action: "InstallCertificate",
        payload: { certificateType, certificate: operation.rootCertificate ?? "" },
      };
    }
    case "sign-certificate":
      return is16
        ? { action: "ExtendedTriggerMessage", payload: { requestedMessage: "SignChargePointCertificate" } }
        : { action: "TriggerMessage", payload: { requestedMessage: "SignChargingStationCertificate" } };
    case "read-priority":
      return {
        action: "GetVariables",
        payload: { getVariableData: [variable("OCPPCommCtrlr", "NetworkConfigurationPriority")] },
      };
    case "set-network-profile":
      return protocol === "ocpp1.6" ? null : setNetworkProfile(operation, protocol);
    case "set-priority":
      return setPriority([slotOf(operation), ...slotsOf(operation.priority)].join(","));
    case "set-profile":
      return changeConfiguration(SETTING_16.profile, String(operation.to));
    case "reset":
      return {
        action: "Reset",
        payload: { type: RESET_TYPE[protocol][operation.reset === "hard" ? "hard" : "soft"] },
      };
    case "use-password":
    case "receive-certificate":
    case "connect":
      return null;
  }
}

const changeConfiguration = (key: string, value: string): StepCommand => ({
  action: "ChangeConfiguration",
  payload: { key, value },
});
const variable = (component: string, name: string) => ({ component: { name: component }, variable: { name } });
const setVariable = (component: string, name: string, attributeValue: string): StepCommand => ({
  action: "SetVariables",
  payload: { setVariableData: [{ attributeValue, ...variable(component, name) }] },
});

/** Also the way back. */
export const setPriority = (value: string): StepCommand =>
  setVariable("OCPPCommCtrlr", "NetworkConfigurationPriority", value);

function setNetworkProfile(operation: Operation, protocol: "ocpp2.0.1" | "ocpp2.1"): StepCommand {
  const connectionData = {
    ocppVersion: OCPP_VERSION[protocol],
    ocppTransport: "JSON",
    ocppCsmsUrl: operation.url ?? "",
    messageTimeout: MESSAGE_TIMEOUT_SECONDS,
    securityProfile: operation.to,
    ocppInterface: operation.networkInterface ?? "Wired0",
  };
  return { action: "SetNetworkProfile", payload: { configurationSlot: slotOf(operation), connectionData } };
}

const slotsOf = (priority = ""): string[] => priority.split(",").flatMap((slot) => slot.trim() || []);

/** A slot that the station uses is not overwritten: it is its way back. */
function slotOf({ slot, priority }: Operation): number {
  const used = slotsOf(priority);
  let free = slot ?? 1;
  if (slot === undefined) while (used.includes(String(free))) free++;
  return free;
}

/** [1.6 §7.22] MicroOcpp and others take a password, and use it after their next start. */
const LATER = "RebootRequired: it counts for the station after its next start";

/** @param answer the CALLRESULT's payload, which has been checked against its schema */
export function judgeStep(step: StepName, answer: Record<string, unknown>): Verdict {
  const [first] = [answer.setVariableResult, answer.getVariableResult].find(Array.isArray) ?? [answer];
  const { status, attributeStatus = status, attributeValue, statusInfo, attributeStatusInfo = statusInfo } = first;
  const said = String(attributeStatus);
  const info = (attributeStatusInfo as { reasonCode?: unknown } | undefined)?.reasonCode;
  if (step === "read-priority" && said === "Accepted" && typeof attributeValue === "string") {
    return { kind: "done", found: attributeValue, detail: attributeValue };
  }
  if (said === "Accepted" && step !== "read-priority") return { kind: "done" };
  if (said === "RebootRequired") return { kind: "done", detail: LATER };
  // [2.x B11.FR.05] It starts again once it is idle.
  if (said === "Scheduled" && step === "reset") return { kind: "done", detail: "Scheduled: once it is idle" };
  return { kind: "refused", reason: `the station said ${said}${info === undefined ? "" : ` (${String(info)})`}` };
}
