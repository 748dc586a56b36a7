// Makes of one of the OCA's JSON schemas what a form is drawn from: its texts for people, without what only generators of code read.
// It must not know files or forms, and trusts that build-table.ts has refused whatever is not understood.

import type { RawSchema } from "./build-table.ts";

/** Say nothing to who fills in a form. */
const DROPPED = new Set(["$id", "$schema", "comment", "javaType", "additionalItems"]);
/** [OCA's model] The first two lines name the place in their model; what follows is for people. */
const MODEL_LINES = /^[^\n]*\nurn:x-[^\n]*\n/;
/** AsciiDoc of the papers. */
const MARKUP = /^image::.*$|^\*\(2\.1\)\*\s*|\+$/gm;

export const buildFormSchema = (schema: RawSchema): RawSchema => cleaned(schema) as RawSchema;

function cleaned(value: unknown, isNames = false): unknown {
  if (Array.isArray(value)) return value.map((each) => cleaned(each));
  if (typeof value !== "object" || value === null) return value;
  const { type } = value as RawSchema;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => isNames || !(DROPPED.has(name) || (name === "additionalProperties" && type === "string")))
      .map(([name, each]) => {
        if (isNames) return [name, cleaned(each)];
        if (name === "description") return [name, described(String(each))];
        return [name, cleaned(each, name === "properties" || name === "definitions")];
      })
      .filter(([, each]) => each !== ""),
  );
}

const described = (text: string): string =>
  text
    .replaceAll("\r", "")
    .replace(MODEL_LINES, "")
    .replaceAll(MARKUP, "")
    .replaceAll(/\s*\n\s*/g, "\n")
    .trim();
