/**
 * What a campaign sends: an action of one of OCPP's versions, its payload as a form of the schema and as JSON beside it. Must not know
 * whom it is sent to.
 */
import { useEffect, useId, useState } from "preact/hooks";
import type { Protocol } from "../../../client/kerbside.ts";
import { type FormSchema, rootField } from "../../command-form/field.ts";
import { Members } from "../../command-form/field-part.tsx";
import { checkForm } from "../../command-form/form-check.ts";
import { draftOf, withPart, withText } from "../../command-form/payload-draft.ts";
import { actionsOf, schemaOf } from "../../command-form/schema-source.ts";
import { startingPayload } from "../../command-form/starting-payload.ts";
import { AreaField, SelectField } from "../../parts/fields.tsx";
import type { CampaignDraft, DraftFaults } from "./campaign-draft.ts";
import "../../command-form/command-form.css";

const VERSIONS: readonly (readonly [Protocol, string])[] = [
  ["ocpp1.6", "OCPP 1.6"],
  ["ocpp2.0.1", "OCPP 2.0.1"],
  ["ocpp2.1", "OCPP 2.1"],
];
const LINES = { min: 5, max: 18 };

export interface CampaignCommandProps {
  draft: CampaignDraft;
  faults: DraftFaults;
  /** Whether what is empty is a fault by now. */
  isTried: boolean;
  /** By the API, of places in the payload. */
  refused: ReadonlyMap<string, string>;
  onChange: (part: Partial<CampaignDraft>) => void;
}

export function CampaignCommand({ draft, faults, isTried, refused, onChange }: CampaignCommandProps) {
  const { protocol, action, payload } = draft;
  const [actions, setActions] = useState<readonly string[]>([]);
  const [schema, setSchema] = useState<FormSchema | null>(null);
  const id = useId();
  useEffect(() => {
    let isLeft = false;
    // Without the list any action can be typed, and the edge says what it makes of it.
    actionsOf(protocol).then(
      (found) => !isLeft && setActions(found),
      () => {},
    );
    return () => {
      isLeft = true;
    };
  }, [protocol]);
  const isKnown = actions.includes(action);
  useEffect(() => {
    let isLeft = false;
    setSchema(null);
    if (!isKnown) return;
    schemaOf(protocol, action).then(
      (found) => {
        if (isLeft) return;
        setSchema(found);
        onChange({ payload: draftOf(startingPayload(found)) });
      },
      () => {},
    );
    return () => {
      isLeft = true;
    };
  }, [protocol, action, isKnown]);
  const found = schema === null ? [] : checkForm(schema, payload.json);
  const own = found.filter(({ message }) => isTried || message !== "is required");
  const places = new Map([...own.map(({ path, message }) => [path, message] as const), ...refused]);
  const lines = Math.min(LINES.max, Math.max(LINES.min, payload.text.split("\n").length + 1));
  return (
    <>
      <div class="fields">
        <SelectField
          label="Written for"
          hint="Stations of another version get it where it is valid there too"
          value={protocol}
          options={VERSIONS}
          onChange={(value) => onChange({ protocol: value as Protocol })}
        />
        <div class="field">
          <label for={id}>Action</label>
          <input
            id={id}
            class="input mono"
            list={`${id}-actions`}
            placeholder="Reset"
            spellcheck={false}
            autocomplete="off"
            required
            aria-invalid={faults.action !== undefined}
            aria-describedby={`${id}-hint`}
            value={action}
            onInput={({ currentTarget }) => onChange({ action: currentTarget.value })}
          />
          <datalist id={`${id}-actions`}>
            {actions.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
          <div class={faults.action === undefined ? "hint" : "fault"} id={`${id}-hint`}>
            {faults.action ??
              (isKnown || action === "" ? "What the CSMS may ask of a station" : "No action of this version")}
          </div>
        </div>
      </div>
      {schema !== null && (
        <fieldset class="form-fields" disabled={payload.fault !== null}>
          <legend class="hidden-text">Payload of {action}</legend>
          <Members
            field={rootField(schema)}
            root={schema}
            path={[]}
            json={payload.json}
            faults={places}
            onPut={(path, json) => onChange({ payload: withPart(payload, path, json) })}
          />
        </fieldset>
      )}
      <AreaField
        label={schema === null ? "Payload, as JSON" : "The same as JSON"}
        rows={lines}
        value={payload.text}
        fault={payload.fault === null ? null : faultText(payload.fault)}
        onChange={(text) => onChange({ payload: withText(payload, text) })}
      />
    </>
  );
}

const faultText = ({ line, column, message }: { line: number; column: number; message: string }): string =>
  `Line ${line}, column ${column}: ${message}`;
