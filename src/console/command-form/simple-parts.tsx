/**
 * Fields of one value: a choice, a text, a number, a time, any JSON. Must not know where in a payload they are.
 */
import { useState } from "preact/hooks";
import { readJson } from "../json/json-text.ts";
import { isNumberText, type Json, pointerOf, writeJson } from "../json/json-tree.ts";
import { type FieldProps, Simple } from "./field-about.tsx";
import { localInput, sentTime } from "./local-time.ts";

export function ChoicePart({ field, path, json, faults, onPut }: FieldProps) {
  const isYesNo = field.kind === "yes-no";
  const values = field.kind === "choice" ? field.values : ["true", "false"];
  const value = shownText(json);
  const put = (text: string) => {
    if (text === "") return onPut(path, undefined);
    onPut(path, isYesNo ? { kind: "literal", value: text === "true" } : { kind: "string", text });
  };
  return (
    <Simple field={field} fault={faults.get(pointerOf(path))}>
      {(told) => (
        <select {...told} class="select" value={value} onChange={({ currentTarget }) => put(currentTarget.value)}>
          <option value="" selected={value === ""}>
            {field.required ? "choose …" : "– not sent –"}
          </option>
          {!values.includes(value) && value !== "" && (
            <option value={value} selected>
              {value}
            </option>
          )}
          {values.map((each) => (
            <option key={each} value={each} selected={each === value}>
              {each}
            </option>
          ))}
        </select>
      )}
    </Simple>
  );
}

/** What is no text is shown as the JSON that it is. */
const shownText = (json: Json | undefined): string =>
  json === undefined ? "" : json.kind === "string" ? json.text : writeJson(json, 0);

export function TextPart({ field, path, json, faults, onPut }: FieldProps) {
  const value = shownText(json);
  const isNumber = field.kind === "number";
  const isLong = field.kind === "text" && (field.isLong || value.includes("\n"));
  const max = field.kind === "text" ? field.maxLength : null;
  const put = (text: string) => {
    if (text === "" && !(field.required && field.kind === "text")) return onPut(path, undefined);
    // As it was written, each digit of it.
    onPut(path, isNumber && isNumberText(text) ? { kind: "number", text } : { kind: "string", text });
  };
  const { length } = [...value];
  return (
    <Simple
      field={field}
      fault={faults.get(pointerOf(path))}
      beside={max !== null && length > 0 && <span class={`number${length > max ? " bad" : ""}`}>{length} · </span>}
    >
      {(told) =>
        isLong ? (
          <textarea
            {...told}
            class="textarea"
            rows={3}
            spellcheck={false}
            value={value}
            onInput={({ currentTarget }) => put(currentTarget.value)}
          />
        ) : (
          <input
            {...told}
            class="input mono"
            autocomplete="off"
            spellcheck={false}
            inputMode={isNumber ? "decimal" : "text"}
            value={value}
            onInput={({ currentTarget }) => put(currentTarget.value)}
          />
        )
      }
    </Simple>
  );
}

export function TimePart({ field, path, json, faults, onPut }: FieldProps) {
  const sent = shownText(json);
  const put = (text: string | null) => onPut(path, text === null ? undefined : { kind: "string", text });
  return (
    <Simple
      field={field}
      fault={faults.get(pointerOf(path))}
      beside={sent !== "" && <span class="mono">{sent} · </span>}
    >
      {(told) => (
        <div class="line">
          <input
            {...told}
            class="input"
            type="datetime-local"
            step="1"
            value={localInput(sent)}
            onInput={({ currentTarget }) => put(sentTime(currentTarget.value))}
          />
          <button
            type="button"
            class="button small"
            aria-label={`${field.name}: now`}
            onClick={() => put(`${new Date().toISOString().slice(0, 19)}Z`)}
          >
            Now
          </button>
        </div>
      )}
    </Simple>
  );
}

export function AnythingPart({ field, path, json, faults, onPut }: FieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const read = typed === null ? null : readJson(typed);
  const written = json === undefined ? "" : writeJson(json);
  // What was typed stands as it was typed, for as long as it means the same.
  const value =
    typed !== null && (read?.ok === false || (read?.ok && writeJson(read.json) === written)) ? typed : written;
  const fault =
    value === typed && read?.ok === false && typed !== ""
      ? `line ${read.fault.line}: ${read.fault.message}`
      : undefined;
  const put = (text: string) => {
    setTyped(text);
    const now = readJson(text);
    if (text === "") onPut(path, undefined);
    else if (now.ok) onPut(path, now.json);
  };
  return (
    <Simple field={field} fault={fault ?? faults.get(pointerOf(path))}>
      {(told) => (
        <textarea
          {...told}
          class="textarea"
          rows={3}
          spellcheck={false}
          value={value}
          onInput={({ currentTarget }) => put(currentTarget.value)}
        />
      )}
    </Simple>
  );
}
