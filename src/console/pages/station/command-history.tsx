/**
 * Commands of a station, the newest first: what became of each, and one that waits called off. Must not know how a command is made.
 */
import { useState } from "preact/hooks";
import type { Command, CommandPage } from "../../../client/views.ts";
import { CommandOutcome, CommandState } from "../../command-form/command-outcome.tsx";
import type { Resource } from "../../data/resource.ts";
import { act } from "../../parts/act.ts";
import { Icon } from "../../parts/icon.tsx";
import { Shown } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";

export interface CommandHistoryProps {
  stationId: string;
  resource: Resource<CommandPage>;
  onMore: (() => void) | null;
}

export const CommandHistory = ({ stationId, resource, onMore }: CommandHistoryProps) => (
  <section class="panel" aria-label="Commands so far">
    <header>
      <h2>Commands so far</h2>
    </header>
    <Shown resource={resource}>
      {({ commands }) =>
        commands.length === 0 ? (
          <p class="body muted">Nobody has asked it for anything yet, or not for long.</p>
        ) : (
          <ul class="command-list">
            {commands.map((command) => (
              <Entry key={command.commandId} stationId={stationId} command={command} onChange={resource.reload} />
            ))}
            {onMore !== null && (
              <li>
                <button type="button" class="button small quiet" onClick={onMore}>
                  Older
                </button>
              </li>
            )}
          </ul>
        )
      }
    </Shown>
  </section>
);

function Entry({ stationId, command, onChange }: { stationId: string; command: Command; onChange: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const cancel = async () => {
    setBusy(true);
    await act((client) => client.station(stationId).cancel(command.commandId), `${command.action} is cancelled.`);
    setBusy(false);
    onChange();
  };
  return (
    <li>
      <div class="command-entry">
        <button type="button" class="button quiet small opener" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name={isOpen ? "down" : "right"} size={12} />
          <b>{command.action}</b>
        </button>
        <CommandState command={command} />
        <span class="muted small clip">
          <Time at={command.createdAt} />
          {command.actor != null && ` by ${command.actor}`}
        </span>
        {command.state === "queued" && (
          <button type="button" class="button small" disabled={isBusy} onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
      {isOpen && (
        <div class="stack">
          <dl class="facts small">
            <dt>Command</dt>
            <dd class="mono">{command.commandId}</dd>
            <dt>Made</dt>
            <dd>
              <Time at={command.createdAt} form="local" />
            </dd>
            {command.sentAt !== undefined && (
              <>
                <dt>Sent</dt>
                <dd>
                  <Time at={command.sentAt} form="local" />
                </dd>
              </>
            )}
          </dl>
          <CommandOutcome command={command} />
        </div>
      )}
    </li>
  );
}
