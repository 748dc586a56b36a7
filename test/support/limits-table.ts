/**
 * The bounds that stand in the Worker's code as named constants, as a table for the paper. Must not know what they bound.
 */
import { files } from "./source-files.ts";

export const LIMITS_PAPER = "docs/limits-in-code.md";
const OUTSIDE = /^(?:local|simulator|bridge|client|console)\//;
const CONSTANT = /^(?:export )?const ([A-Z][A-Z0-9_]*) = ([\d_ */.]+);$/;
/** Numbers with a name that bound nothing: what something is, or is reckoned by. */
const NO_BOUNDS: readonly string[] = [
  "ATTACHMENT_VERSION",
  "BYTES_A_CHARACTER",
  "CHOSEN_ITERATIONS",
  "CLOCK_SET_FROM_YEAR",
  "DOUBLE_DIGITS",
];

export interface Limit {
  name: string;
  /** As it stands in the code. */
  value: string;
  file: string;
  /** What its comment says, or that of the constants right above it; "": nothing. */
  meaning: string;
}

/** All that the code has a name for, the programs for Node included. */
export const constants = (): Limit[] =>
  files.filter(({ isGenerated }) => !isGenerated).flatMap(({ file, text }) => limitsOf(file, text));

/** What the Worker is bounded by. */
export const limits = (): Limit[] =>
  constants().filter(({ name, file }) => !OUTSIDE.test(file) && !NO_BOUNDS.includes(name));

function limitsOf(file: string, text: string): Limit[] {
  const found: Limit[] = [];
  let comment: string[] = [];
  let isComment = false;
  for (const line of text.split("\n")) {
    if (line.startsWith("/**")) {
      comment = [];
      isComment = true;
    }
    if (isComment) comment.push(line.replace(/^\s*(?:\/\*\*|\*\/|\*)?\s?/, "").replace(/\s*\*\/$/, ""));
    if (isComment && line.endsWith("*/")) isComment = false;
    else if (!isComment) {
      const [, name = "", value = ""] = CONSTANT.exec(line) ?? [];
      if (name !== "") found.push({ name, value, file, meaning: comment.join(" ").trim() });
      if (name === "" && !/^(?:export )?const /.test(line)) comment = [];
    }
  }
  return found;
}

const shown = (value: string): string => value.replaceAll("_", ",");
const cell = (text: string): string => text.replaceAll("|", "\\|");

export function limitsPaper(): string {
  const rows = limits().map(
    ({ name, value, file, meaning }) => `| \`${name}\` | ${shown(value)} | ${cell(meaning)} | ${file} |`,
  );
  return [
    "# The bounds in the code",
    "",
    "Drawn from the code by `npm run papers`; what they mean for who uses Kerbside is in [limits.md](limits.md).",
    "",
    "| constant | value | what it bounds, in which unit | file |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
