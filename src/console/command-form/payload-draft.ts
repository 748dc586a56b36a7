/**
 * A payload while it is made: as a form has it and as text, each following the other. Must not know fields or how either is drawn.
 */
import { readJson, type TextFault } from "../json/json-text.ts";
import { EMPTY, type Json, type Path, put, writeJson } from "../json/json-tree.ts";

export interface Draft {
  /** The last that was valid JSON. */
  json: Json;
  text: string;
  /** Of the text: the form shows what it was before. */
  fault: TextFault | null;
}

export const draftOf = (json: Json): Draft => ({ json, text: writeJson(json), fault: null });

export const withPart = ({ json }: Draft, path: Path, part: Json | undefined): Draft =>
  draftOf(put(json, path, part) ?? EMPTY);

export function withText(draft: Draft, text: string): Draft {
  const read = readJson(text);
  if (!read.ok) return { ...draft, text, fault: read.fault };
  if (read.json.kind !== "object")
    return { ...draft, text, fault: { line: 1, column: 1, message: "a payload is an object: { … }" } };
  return { json: read.json, text, fault: null };
}
