/**
 * The commands that the CSMS gives, each with a number of its own in its payload, and what a station answers to it: so that one that
 * is executed twice can be told, and an answer that belongs to another. Must not know sockets.
 */
import type { Payload } from "../ledger.ts";
import type { Random } from "../random.ts";
import type { Version } from "../sessions.ts";

type Made = (number: number) => Payload;

const OF_16: Record<string, Made> = {
  DataTransfer: (number) => ({ vendorId: "chaos", data: String(number) }),
  RemoteStartTransaction: (number) => ({ idTag: String(number), connectorId: 1 }),
  RemoteStopTransaction: (number) => ({ transactionId: number }),
  TriggerMessage: (number) => ({ requestedMessage: "StatusNotification", connectorId: number }),
  ChangeAvailability: (number) => ({ connectorId: number, type: "Operative" }),
  GetConfiguration: (number) => ({ key: [String(number)] }),
};
const evse = (number: number) => ({ evse: { id: number } });
const OF_2X: Record<string, Made> = {
  DataTransfer: (number) => ({ vendorId: "chaos", data: String(number) }),
  RequestStartTransaction: (number) => ({
    idToken: { idToken: String(number), type: "Central" },
    remoteStartId: number,
    evseId: 1,
  }),
  RequestStopTransaction: (number) => ({ transactionId: String(number) }),
  TriggerMessage: (number) => ({ requestedMessage: "StatusNotification", ...evse(number) }),
  ChangeAvailability: (number) => ({ operationalStatus: "Operative", ...evse(number) }),
  GetVariables: (number) => ({
    getVariableData: [{ component: { name: "Chaos" }, variable: { name: String(number) } }],
  }),
};

export function commandOf(version: Version, number: number, random: Random): { action: string; payload: Payload } {
  const all = version === "ocpp1.6" ? OF_16 : OF_2X;
  const action = random.pick(Object.keys(all));
  return { action, payload: (all[action] as Made)(number) };
}

/** The number in a command's payload; `null`: it is none of the CSMS's. */
export function numberIn(action: string, payload: Payload): string | null {
  const { data, idTag, transactionId, connectorId, key, evse, remoteStartId, getVariableData } = payload as {
    [name: string]: unknown;
    key?: string[];
    evse?: { id: number };
    getVariableData?: { variable: { name: string } }[];
  };
  const own = {
    DataTransfer: data,
    RemoteStartTransaction: idTag,
    RemoteStopTransaction: transactionId,
    GetConfiguration: key?.[0],
    RequestStartTransaction: remoteStartId,
    RequestStopTransaction: transactionId,
    GetVariables: getVariableData?.[0]?.variable.name,
  }[action];
  const found = own ?? connectorId ?? evse?.id;
  return found === undefined ? null : String(found);
}

/** What a station says to it: another thing at each execution, as far as the answer has room for that. */
export function executed(action: string, payload: Payload, execution: number, random: Random): Payload {
  switch (action) {
    case "DataTransfer":
      return { status: "Accepted", data: `${String(payload.data)} ${execution}` };
    case "GetConfiguration":
      return { unknownKey: payload.key as string[] };
    case "GetVariables": {
      const asked = payload.getVariableData as Payload[];
      const value = String(execution);
      return {
        getVariableResult: asked.map((each) => ({ ...each, attributeStatus: "Accepted", attributeValue: value })),
      };
    }
    case "RequestStartTransaction":
      return { status: "Accepted", transactionId: `${String(payload.remoteStartId)}-${execution}` };
    default:
      return { status: random.chance(0.5) ? "Accepted" : "Rejected" };
  }
}
