/**
 * A row as text to take elsewhere: as JSON, and a command as what a shell would ask the API with. Must not know a clipboard, nor a key.
 */
import { readJson } from "../json/json-text.ts";
import { EMPTY, type Json, treeOf, writeJson } from "../json/json-tree.ts";
import { curlOf } from "../command-form/curl.ts";
import type { Row } from "./row.ts";

/** What is no JSON is a text. */
export function jsonOf(text: string): Json {
  const read = readJson(text);
  return read.ok ? read.json : { kind: "string", text };
}

export function rowAsJson(row: Row): string {
  const {
    at,
    direction,
    kind,
    action,
    messageId,
    sequence,
    state,
    text,
    answer,
    latencyMs,
    answeredBy,
    path,
    deviations,
  } = row;
  const members: [string, Json][] = [];
  const add = (name: string, value: unknown) => {
    if (value !== null && value !== "" && value !== undefined) members.push([name, treeOf(value)]);
  };
  add("at", at);
  add("kind", kind);
  add("direction", direction);
  add("action", action);
  add("messageId", messageId);
  add("sequence", sequence);
  if (text !== "") members.push(["payload", jsonOf(text)]);
  add("state", state === "none" ? null : state);
  add("error", answer?.error ?? null);
  if (answer !== null && answer.text !== "")
    members.push([answer.error === null ? "answer" : "details", jsonOf(answer.text)]);
  add("latencyMs", latencyMs);
  add("answeredBy", answeredBy);
  add("path", path);
  if (deviations.length > 0) add("deviations", deviations);
  add("note", row.note);
  return writeJson({ kind: "object", members });
}

/** `null`: it was not asked of the station. */
export function rowAsCurl(origin: string, stationId: string, { kind, direction, action, text }: Row): string | null {
  if (kind !== "call" || direction !== "out" || action === "") return null;
  return curlOf(origin, stationId, { action, payload: text === "" ? EMPTY : jsonOf(text) });
}
