/**
 * The action of a campaign: those that fleets are sent most, each with a payload to begin with, and any other by its name. Must not know
 * OCPP's schemas.
 */
import { useId } from "preact/hooks";
import type { CampaignDraft } from "./campaign-draft.ts";

/** Valid as they stand in the versions that are named. */
const USUAL: Readonly<Record<string, { versions: string; payload: object }>> = {
  TriggerMessage: { versions: "1.6, 2.0.1, 2.1", payload: { requestedMessage: "StatusNotification" } },
  Reset: { versions: "1.6; 2.x has Immediate and OnIdle", payload: { type: "Soft" } },
  ClearCache: { versions: "1.6, 2.0.1, 2.1", payload: {} },
  GetLocalListVersion: { versions: "1.6, 2.0.1, 2.1", payload: {} },
  ChangeConfiguration: { versions: "1.6", payload: { key: "HeartbeatInterval", value: "300" } },
  GetConfiguration: { versions: "1.6", payload: { key: ["HeartbeatInterval"] } },
  SetVariables: {
    versions: "2.0.1, 2.1",
    payload: {
      setVariableData: [
        { component: { name: "OCPPCommCtrlr" }, variable: { name: "HeartbeatInterval" }, attributeValue: "300" },
      ],
    },
  },
  GetVariables: {
    versions: "2.0.1, 2.1",
    payload: { getVariableData: [{ component: { name: "OCPPCommCtrlr" }, variable: { name: "HeartbeatInterval" } }] },
  },
  UpdateFirmware: {
    versions: "1.6",
    payload: { location: "https://", retrieveDate: "2027-01-01T02:00:00Z" },
  },
  ChangeAvailability: { versions: "1.6", payload: { connectorId: 0, type: "Operative" } },
};

export interface ActionFieldProps {
  value: string;
  fault?: string | undefined;
  onChange: (part: Pick<CampaignDraft, "action"> & Partial<Pick<CampaignDraft, "payload">>) => void;
}

export function ActionField({ value, fault, onChange }: ActionFieldProps) {
  const id = useId();
  const usual = USUAL[value];
  return (
    <div class="field">
      <label for={id}>Action</label>
      <input
        id={id}
        class="input mono"
        list={`${id}-usual`}
        placeholder="Reset"
        spellcheck={false}
        autocomplete="off"
        required
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-hint`}
        value={value}
        onInput={({ currentTarget }) => {
          const action = currentTarget.value;
          const known = USUAL[action];
          onChange({ action, ...(known !== undefined && { payload: JSON.stringify(known.payload, null, 2) }) });
        }}
      />
      <datalist id={`${id}-usual`}>
        {Object.entries(USUAL).map(([action, { versions }]) => (
          <option key={action} value={action} label={versions} />
        ))}
      </datalist>
      <div class={fault === undefined ? "hint" : "fault"} id={`${id}-hint`}>
        {fault ??
          (usual === undefined
            ? "Of OCPP, as the version of the stations has it"
            : `This payload is for ${usual.versions}. A station of another version is left out as not valid.`)}
      </div>
    </div>
  );
}
