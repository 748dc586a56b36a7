/**
 * A command as a form of its action's OCPP schema, as JSON and as `curl` beside each other, and what became of it. Must not know which
 * commands there were before.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Command } from "../../client/views.ts";
import { KerbsideProblem } from "../../client/problem.ts";
import { wordsOf } from "../data/failure.ts";
import { clientOf } from "../data/session.ts";
import { AreaField, SelectField, TextField } from "../parts/fields.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Loading } from "../parts/states.tsx";
import { plainOf, writeJson } from "../json/json-tree.ts";
import { CommandOutcome } from "./command-outcome.tsx";
import { curlOf } from "./curl.ts";
import { type FormSchema, rootField } from "./field.ts";
import { Members } from "./field-part.tsx";
import { checkForm } from "./form-check.ts";
import { keepSent, lastSent } from "./last-sent.ts";
import { draftOf, withPart, withText } from "./payload-draft.ts";
import { schemaOf } from "./schema-source.ts";
import { startingPayload } from "./starting-payload.ts";
import "./command-form.css";

export interface CommandFormProps {
  stationId: string;
  protocol: string;
  action: string;
  isOnline: boolean;
  onSent: () => void;
}

export function CommandForm(props: CommandFormProps) {
  const { protocol, action } = props;
  const [schema, setSchema] = useState<FormSchema | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    let isLeft = false;
    setSchema(null);
    setFailed(null);
    schemaOf(protocol, action).then(
      (found) => !isLeft && setSchema(found),
      (error) => !isLeft && setFailed(wordsOf(error)),
    );
    return () => {
      isLeft = true;
    };
  }, [protocol, action]);
  if (failed !== null) return <div class="notice bad">{failed}</div>;
  if (schema === null) return <Loading />;
  return <Form key={`${protocol} ${action}`} {...props} schema={schema} />;
}

type Sending =
  | { kind: "idle" }
  | { kind: "sending" }
  | { kind: "done"; command: Command }
  | { kind: "refused"; detail: string };

/** What a command may wait for a station that is away. */
const WAITS = [
  ["0", "Only if it is online now"],
  ["3600", "Wait up to an hour"],
  ["86400", "Wait up to a day"],
  ["604800", "Wait up to a week"],
] as const;

function Form({ stationId, protocol, action, isOnline, onSent, schema }: CommandFormProps & { schema: FormSchema }) {
  const [last] = useState(() => lastSent(sessionStorage, protocol, action));
  const [draft, setDraft] = useState(() => draftOf(last ?? startingPayload(schema)));
  const [isPrefilled, setPrefilled] = useState(last !== null);
  const [wait, setWait] = useState("0");
  const [timeout, setTimeout_] = useState("30");
  const [sending, setSending] = useState<Sending>({ kind: "idle" });
  /** Said by the API of what was sent; gone with the next change. */
  const [refused, setRefused] = useState<ReadonlyMap<string, string>>(new Map());
  const [isTried, setTried] = useState(false);
  const leave = useRef(new AbortController());
  const isSending = useRef(false);
  /** Of one that nobody knows the outcome of: sent again as it is, it is the same command. */
  const unanswered = useRef<{ said: string; key: string } | null>(null);
  useEffect(() => () => leave.current.abort(), []);

  const found = checkForm(schema, draft.json);
  // Nobody is told that a field is empty before they had the time to fill it in.
  const own = found.filter(({ message }) => isTried || message !== "is required");
  const faults = new Map([...own.map(({ path, message }) => [path, message] as const), ...refused]);
  const change = (next: typeof draft) => {
    setDraft(next);
    setRefused(new Map());
    if (sending.kind !== "sending") setSending({ kind: "idle" });
  };
  const wanted = { action, payload: draft.json, expiresInSeconds: Number(wait), timeoutSeconds: Number(timeout) };

  const send = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (draft.fault !== null || found.length > 0 || isSending.current) return;
    isSending.current = true;
    setSending({ kind: "sending" });
    const said = JSON.stringify([writeJson(draft.json, 0), wait, timeout]);
    const idempotencyKey = unanswered.current?.said === said ? unanswered.current.key : crypto.randomUUID();
    unanswered.current = { said, key: idempotencyKey };
    const payload = plainOf(draft.json);
    try {
      const station = clientOf(leave.current.signal).station(stationId);
      const command = await station.submit(protocol as never, action as never, payload as never, {
        ...{ timeoutSeconds: Number(timeout), expiresInSeconds: Number(wait), isAwaited: true, idempotencyKey },
      });
      unanswered.current = null;
      keepSent(sessionStorage, protocol, action, payload);
      setSending({ kind: "done", command });
    } catch (error) {
      if (leave.current.signal.aborted) return;
      if (error instanceof KerbsideProblem && error.status < 500) unanswered.current = null;
      setRefused(faultsOf(error));
      setSending({ kind: "refused", detail: refusalOf(error) });
    }
    isSending.current = false;
    onSent();
  };

  return (
    <form class="command-form" onSubmit={send} noValidate aria-label={`${action}, the command`}>
      <div class="form-side stack">
        {isPrefilled && (
          <div class="line small muted">
            Prefilled with what was sent last, without what is secret.
            <button
              type="button"
              class="button small quiet"
              onClick={() => {
                setPrefilled(false);
                change(draftOf(startingPayload(schema)));
              }}
            >
              Start anew
            </button>
          </div>
        )}
        <fieldset class="form-fields" disabled={draft.fault !== null || sending.kind === "sending"}>
          <legend class="hidden-text">Payload of {action}</legend>
          <Members
            field={rootField(schema)}
            root={schema}
            path={[]}
            json={draft.json}
            faults={faults}
            onPut={(path, json) => change(withPart(draft, path, json))}
          />
          {Object.keys(schema.properties ?? {}).length === 0 && <p class="muted">{action} has no payload.</p>}
        </fieldset>
        <OtherFaults faults={faults} />
        <div class="fields">
          <SelectField label="If it is offline" value={wait} onChange={setWait} options={WAITS} />
          <TextField
            label="Seconds for its answer"
            type="number"
            min={1}
            max={120}
            value={timeout}
            onChange={setTimeout_}
          />
        </div>
        <div class="line wrap">
          <button type="submit" class="button main" disabled={draft.fault !== null || sending.kind === "sending"}>
            {sending.kind === "sending" ? "Waiting for the answer …" : `Send ${action}`}
          </button>
          {!isOnline && wait === "0" && (
            <span class="small warn">It is offline: this is refused unless it may wait.</span>
          )}
          {isTried && found.length > 0 && (
            <span class="small bad" role="alert">
              {found.length === 1 ? "One place is" : `${found.length} places are`} not valid yet.
            </span>
          )}
        </div>
        <div aria-live="polite">
          {sending.kind === "done" && <CommandOutcome command={sending.command} />}
          {sending.kind === "refused" && (
            <div class="notice bad">
              <div>{sending.detail}</div>
            </div>
          )}
        </div>
      </div>
      <div class="form-side stack">
        <AreaField
          label="The same as JSON"
          rows={Math.min(24, Math.max(8, draft.text.split("\n").length + 1))}
          value={draft.text}
          onChange={(text) => change(withText(draft, text))}
          fault={
            draft.fault === null
              ? null
              : `Line ${draft.fault.line}, column ${draft.fault.column}: ${draft.fault.message}`
          }
        />
        <div class="field">
          <div class="line spread">
            <span class="label">The same as curl</span>
            <CopyButton text={() => curlOf(location.origin, stationId, wanted)} label="the command as curl">
              Copy
            </CopyButton>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it */}
          <pre class="curl" tabIndex={0} role="group" aria-label="The command as curl">
            {curlOf(location.origin, stationId, wanted)}
          </pre>
        </div>
      </div>
    </form>
  );
}

/** Of what has no field: a property that OCPP does not know there, and what is said of the whole. */
function OtherFaults({ faults }: { faults: ReadonlyMap<string, string> }) {
  const others = [...faults].filter(([path, message]) => path === "" || message.includes("not known"));
  if (others.length === 0) return null;
  return (
    <ul class="small bad">
      {others.map(([path, message]) => (
        <li key={path}>
          <code>{path === "" ? "/" : path}</code> {message}
        </li>
      ))}
    </ul>
  );
}

/** [docs/api.md] The API's paths begin at the body. */
const PAYLOAD = "/payload";

const faultsOf = (error: unknown): Map<string, string> =>
  new Map(
    error instanceof KerbsideProblem
      ? error.faults
          .filter(({ path }) => path.startsWith(PAYLOAD))
          .map(({ path, message }) => [path.slice(PAYLOAD.length), message])
      : [],
  );

function refusalOf(error: unknown): string {
  if (error instanceof KerbsideProblem) return wordsOf(error);
  return "No answer came: nobody knows whether it was sent. Sent again as it is, it is carried out once.";
}
