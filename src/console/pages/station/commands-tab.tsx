/**
 * What is asked of a station: a command to make, and those that were. Must not know a form's fields.
 */
import { useEffect, useState } from "preact/hooks";
import type { CommandPage, StationView } from "../../../client/views.ts";
import { CommandForm } from "../../command-form/command-form.tsx";
import { actionsOf } from "../../command-form/schema-source.ts";
import { wordsOf } from "../../data/failure.ts";
import type { Resource } from "../../data/resource.ts";
import { route, setQuery } from "../../data/route.ts";
import { SelectField } from "../../parts/fields.tsx";
import { CommandHistory } from "./command-history.tsx";

export interface CommandsTabProps {
  view: StationView;
  /** `null`: neither is it connected, nor was it. */
  protocol: string | null;
  history: Resource<CommandPage>;
  onMore: (() => void) | null;
}

const PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];
/** What somebody on call reaches for first, of whichever version. */
const FIRST = [
  "Reset",
  "TriggerMessage",
  "UnlockConnector",
  "ChangeAvailability",
  "RemoteStartTransaction",
  "RemoteStopTransaction",
  "RequestStartTransaction",
  "RequestStopTransaction",
  "GetConfiguration",
  "ChangeConfiguration",
  "GetVariables",
  "SetVariables",
  "GetDiagnostics",
  "GetLog",
  "UpdateFirmware",
];

export function CommandsTab({ view, protocol, history, onMore }: CommandsTabProps) {
  const { action = "", version = "" } = route.value.query;
  const [actions, setActions] = useState<readonly string[] | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const spoken = protocol ?? (PROTOCOLS.includes(version) ? version : (view.protocols[0] ?? "ocpp1.6"));
  useEffect(() => {
    let isLeft = false;
    setActions(null);
    setFailed(null);
    actionsOf(spoken).then(
      (found) => !isLeft && setActions(found),
      (error) => !isLeft && setFailed(wordsOf(error)),
    );
    return () => {
      isLeft = true;
    };
  }, [spoken]);
  const isKnown = actions?.includes(action) === true;
  return (
    <div class="stack">
      <section class="panel" aria-label="A command">
        <header>
          <h2>A command</h2>
          <span class="muted small">{protocol ?? "its version is not known yet"}</span>
        </header>
        <div class="body stack">
          {failed !== null && <div class="notice bad">{failed}</div>}
          <div class="fields">
            {protocol === null && (
              <SelectField
                label="Version"
                value={spoken}
                onChange={(next) => setQuery({ version: next, action: null })}
                options={PROTOCOLS.map((each) => [each, each])}
              />
            )}
            <ActionField actions={actions ?? []} value={isKnown ? action : ""} />
          </div>
          {isKnown ? (
            <CommandForm
              stationId={view.stationId}
              protocol={spoken}
              action={action}
              isOnline={view.online}
              onSent={history.reload}
            />
          ) : (
            <p class="muted">
              The form shows what OCPP asks for, and its limits; the payload is checked again before it is sent.
            </p>
          )}
        </div>
      </section>
      <CommandHistory stationId={view.stationId} resource={history} onMore={onMore} />
    </div>
  );
}

function ActionField({ actions, value }: { actions: readonly string[]; value: string }) {
  const first = FIRST.filter((each) => actions.includes(each));
  const rest = actions.filter((each) => !first.includes(each)).toSorted();
  return (
    <div class="field">
      <label for="action">Action</label>
      <select
        id="action"
        class="select"
        value={value}
        onChange={({ currentTarget }) => setQuery({ action: currentTarget.value })}
      >
        <option value="" selected={value === ""}>
          choose …
        </option>
        <optgroup label="Often">
          {first.map((each) => (
            <option key={each} value={each} selected={each === value}>
              {each}
            </option>
          ))}
        </optgroup>
        <optgroup label="All others">
          {rest.map((each) => (
            <option key={each} value={each} selected={each === value}>
              {each}
            </option>
          ))}
        </optgroup>
      </select>
    </div>
  );
}
