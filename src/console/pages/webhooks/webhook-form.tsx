/**
 * A webhook, new or another than it was: where to, with which secret, which events. Must not know the secret once it is sent.
 */
import { useState } from "preact/hooks";
import type { EventType, Webhook } from "../../../client/kerbside.ts";
import { act } from "../../parts/act.ts";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { CheckField, TextField } from "../../parts/fields.tsx";
import { urlFaultWords } from "./url-faults.ts";

/** What each is, for whoever chooses. */
const TYPES: Readonly<Record<EventType, string>> = {
  "ocpp.station.connected": "A station connected",
  "ocpp.station.disconnected": "A connection ended, and why",
  "ocpp.call": "What a station said: sessions, meter values, statuses",
  "ocpp.call.refused": "What a station said wrongly",
  "ocpp.command.completed": "What became of a command",
  "ocpp.security": "Refused connections, revoked certificates, malformed frames",
};
/** As the API has it: 24 to 64. */
const SECRET_BYTES = 32;
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

export interface WebhookFormProps {
  /** `null`: it is a new one. */
  known: Webhook | null;
  onClose: () => void;
  onDone: () => void;
}

export function WebhookForm({ known, onClose, onDone }: WebhookFormProps) {
  const [name, setName] = useState(known?.name ?? "");
  const [url, setUrl] = useState(known?.url ?? "");
  const [secret, setSecret] = useState("");
  const [types, setTypes] = useState<readonly EventType[]>(known?.types ?? []);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Readonly<Record<string, string>>>({});
  const own = {
    ...(!NAME.test(name) && { name: "1 to 64 of A-Z a-z 0-9 _ . -" }),
    ...(!URL.canParse(url) && { url: "An address, as https://backend.example.com/events" }),
    ...(secret === "" && { secret: "It needs one: what is sent is signed by it" }),
  };
  const faults: Readonly<Record<string, string>> = { ...(isTried ? own : {}), ...refusal };
  const send = async () => {
    setTried(true);
    if (Object.keys(own).length > 0 || isBusy) return;
    setBusy(true);
    const acted = await act(
      (client) => client.putWebhook(name, { url, secret, types: [...types] }),
      known === null ? `${name} is there: events go to it from now on.` : `${name} is changed.`,
      false,
    );
    setBusy(false);
    if (acted.kind === "done") return onDone();
    const told = (acted.problem?.faults ?? []).map(({ path, message }) => [path.split("/")[1] ?? path, message]);
    setRefusal(told.length > 0 ? Object.fromEntries(told) : { all: acted.words });
  };
  const has = (type: EventType) => types.length === 0 || types.includes(type);
  const all = Object.keys(TYPES) as EventType[];
  const choose = (type: EventType, isChosen: boolean) => {
    const next = all.filter((each) => (each === type ? isChosen : has(each)));
    // None is all to the API: the last one that is taken away would bring back the others.
    if (next.length > 0) setTypes(next.length === all.length ? [] : next);
  };
  return (
    <Dialog
      isWide
      title={known === null ? "New webhook" : `Change ${known.name}`}
      onClose={onClose}
      onSubmit={() => void send()}
      footer={
        <>
          <button type="button" class="button" onClick={onClose}>
            Leave
          </button>
          <button type="submit" class="button main" disabled={isBusy}>
            {known === null ? "Make it" : "Change it"}
          </button>
        </>
      }
    >
      {faults.all !== undefined && (
        <div class="notice bad" role="alert">
          <div>{faults.all}</div>
        </div>
      )}
      <TextField
        label="Name"
        isRequired
        isDisabled={known !== null}
        placeholder="backend"
        value={name}
        fault={faults.name}
        onChange={(value) => {
          setName(value);
          setRefusal({});
        }}
      />
      <TextField
        label="Where to"
        isRequired
        type="url"
        isMono
        placeholder="https://backend.example.com/events"
        value={url}
        fault={faults.url === undefined ? undefined : urlFaultWords(faults.url)}
        onChange={(value) => {
          setUrl(value);
          setRefusal({});
        }}
      />
      <div class="secret-field">
        <TextField
          label="Secret, base64"
          isRequired
          isMono
          value={secret}
          fault={faults.secret}
          hint={
            known === null
              ? "Your backend checks the signature with it. It is not shown again."
              : "It is not known any more: give the one that your backend has, or another to both."
          }
          onChange={(value) => {
            setSecret(value);
            setRefusal({});
          }}
        />
        <button type="button" class="button" onClick={() => setSecret(newSecret())}>
          Make one
        </button>
        {secret !== "" && <CopyButton text={secret} label="the secret" />}
      </div>
      <fieldset class="types">
        <legend>Events</legend>
        {all.map((type) => (
          <CheckField
            key={type}
            isChecked={has(type)}
            onChange={(isChosen) => choose(type, isChosen)}
            label={
              <>
                <code>{type}</code> <span class="muted small">{TYPES[type]}</span>
              </>
            }
          />
        ))}
      </fieldset>
    </Dialog>
  );
}

function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}
