/**
 * Asks what is to be sent again: what was not taken, or all that is kept from a time on. Must not know how far a replay has come.
 */
import { useId, useState } from "preact/hooks";
import { act } from "../../parts/act.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { TextField } from "../../parts/fields.tsx";

export interface ReplayDialogProps {
  name: string;
  onClose: () => void;
  onDone: () => void;
}

export function ReplayDialog({ name, onClose, onDone }: ReplayDialogProps) {
  const group = useId();
  const [what, setWhat] = useState<"undelivered" | "since">("undelivered");
  const [since, setSince] = useState("");
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const at = since === "" ? Number.NaN : Date.parse(since);
  const fault = what === "since" && Number.isNaN(at) ? "From when? A date and a time" : null;
  const replay = async () => {
    setTried(true);
    if (fault !== null || isBusy) return;
    setBusy(true);
    const query = what === "since" ? { since: new Date(at).toISOString() } : {};
    const acted = await act(
      (client) => client.replayWebhook(name, query),
      `${name} is replayed: 100 stations a second.`,
    );
    setBusy(false);
    if (acted.kind === "done") onDone();
  };
  return (
    <Dialog
      title={`Replay ${name}`}
      onClose={onClose}
      onSubmit={() => void replay()}
      footer={
        <>
          <button type="button" class="button" onClick={onClose}>
            Leave
          </button>
          <button type="submit" class="button main" disabled={isBusy}>
            Replay
          </button>
        </>
      }
    >
      <div class="stack" role="radiogroup" aria-label="What is sent again">
        <label class="check">
          <input type="radio" name={group} checked={what === "undelivered"} onChange={() => setWhat("undelivered")} />
          <span>
            What it did not take <span class="muted small">waiting, hanging, given up</span>
          </span>
        </label>
        <label class="check">
          <input type="radio" name={group} checked={what === "since"} onChange={() => setWhat("since")} />
          <span>
            All that is kept from a time on{" "}
            <span class="muted small">
              also what it took, or came before it was made; it knows repetitions by their id
            </span>
          </span>
        </label>
        {what === "since" && (
          <TextField
            label="From (your time zone)"
            type="datetime-local"
            value={since}
            fault={isTried ? fault : null}
            onChange={setSince}
          />
        )}
      </div>
    </Dialog>
  );
}
