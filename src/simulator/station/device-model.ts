/**
 * The few variables of a simulated 2.x Charging Station, read and set. Must not know sockets or other commands.
 */
import type { Payload } from "../../ocpp/message.ts";
import { answerWith, type CommandAnswer, type Deed, type StationView } from "./command.ts";

interface Wanted {
  component: { name: string; instance?: string; evse?: { id: number } };
  variable: { name: string; instance?: string };
  attributeType?: string;
  attributeValue?: string;
}

/** The components' variables, and the setting behind those that may be changed. */
const SETTINGS: Record<string, "heartbeatSeconds" | "meterIntervalSeconds"> = {
  "OCPPCommCtrlr/HeartbeatInterval": "heartbeatSeconds",
  "SampledDataCtrlr/TxUpdatedInterval": "meterIntervalSeconds",
};

function variablesOf(view: StationView): Map<string, string> {
  return new Map([
    ["OCPPCommCtrlr/HeartbeatInterval", String(view.heartbeatSeconds)],
    ["SampledDataCtrlr/TxUpdatedInterval", String(view.meterIntervalSeconds)],
    ["ChargingStation/Model", view.model],
    ["ChargingStation/VendorName", view.vendor],
    ["ChargingStation/SerialNumber", view.serialNumber],
    ["ChargingStation/AvailabilityState", view.status === "Preparing" ? "Occupied" : view.status],
    ["AuthCacheCtrlr/Enabled", "false"],
  ]);
}

/** [2.x B06] One result for each, in their order. */
export function getVariables({ getVariableData }: Payload, view: StationView): Payload {
  const variables = variablesOf(view);
  const getVariableResult = (getVariableData as Wanted[]).map((wanted) => {
    const status = statusOf(wanted, variables);
    const attributeValue = variables.get(keyOf(wanted));
    return { ...echo(wanted), attributeStatus: status, ...(status === "Accepted" && { attributeValue }) };
  });
  return { getVariableResult };
}

/** [2.x B05] */
export function setVariables({ setVariableData }: Payload, view: StationView): CommandAnswer {
  const variables = variablesOf(view);
  const deeds: Deed[] = [];
  const setVariableResult = (setVariableData as Wanted[]).map((wanted) => {
    const status = statusOf(wanted, variables);
    if (status !== "Accepted") return { ...echo(wanted), attributeStatus: status };
    const setting = SETTINGS[keyOf(wanted)];
    const isNumber = /^\d{1,6}$/.test(wanted.attributeValue ?? "");
    if (setting === undefined || !isNumber) return { ...echo(wanted), attributeStatus: "Rejected" };
    deeds.push({ kind: "configure", setting, value: Number(wanted.attributeValue) });
    return { ...echo(wanted), attributeStatus: "Accepted" };
  });
  return answerWith({ setVariableResult }, ...deeds);
}

const keyOf = ({ component, variable }: Wanted) => `${component.name}/${variable.name}`;

function echo({ component, variable, attributeType }: Wanted): Payload {
  return { component, variable, ...(attributeType !== undefined && { attributeType }) };
}

function statusOf({ component, variable, attributeType = "Actual" }: Wanted, variables: Map<string, string>): string {
  const isComponent = [...variables.keys()].some((key) => key.startsWith(`${component.name}/`));
  if (!isComponent || component.instance !== undefined || component.evse !== undefined) return "UnknownComponent";
  if (!variables.has(`${component.name}/${variable.name}`) || variable.instance !== undefined) return "UnknownVariable";
  return attributeType === "Actual" ? "Accepted" : "NotSupportedAttributeType";
}
