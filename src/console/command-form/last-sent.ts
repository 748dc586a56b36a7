/**
 * What was sent last to any station for an action, kept as long as the browser's tab is open. Must not know a form, nor keep a secret.
 */
import { keepable } from "./starting-payload.ts";
import { readJson } from "../json/json-text.ts";
import { type Json, writeJson } from "../json/json-tree.ts";

/** As a browser has it. */
export interface TabStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

/** Characters of a payload that is kept: a local list of thousands is not typed again from here. */
const KEPT_MAX_LENGTH = 16_000;

const nameOf = (protocol: string, action: string): string => `kerbside.sent.${protocol}.${action}`;

export function keepSent(storage: TabStorage, protocol: string, action: string, payload: unknown): void {
  const text = writeJson(keepable(action, payload), 0);
  if (text.length > KEPT_MAX_LENGTH) return;
  try {
    storage.setItem(nameOf(protocol, action), text);
  } catch {
    // It is full, or closed to us: a form without its prefill is a form all the same.
  }
}

export function lastSent(storage: TabStorage, protocol: string, action: string): Json | null {
  let text: string | null = null;
  try {
    text = storage.getItem(nameOf(protocol, action));
  } catch {
    return null;
  }
  const read = text === null ? null : readJson(text);
  return read?.ok === true && read.json.kind === "object" ? read.json : null;
}
