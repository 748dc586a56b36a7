/**
 * The bounds that stand in the Worker's code as named constants, as a table for the paper. Must not know what they bound.
 */
import { files } from "./source-files.ts";

export const LIMITS_PAPER = "docs/limits-in-code.md";
const OUTSIDE = /^(?:local|simulator|bridge|client|console)\//;
const NAME = /(?:^|_)(?:MAX|MIN|WITHIN|EVERY|AFTER)(?:_|$)/;
const CONSTANT = /^(?:export )?const ([A-Z][A-Z0-9_]*) = ([\d_ *.]+);$/;

export interface Limit {
  name: string;
  /** As it stands in the code. */
  value: string;
  file: string;
  /** What its comment says, or that of the constants right above it; "": nothing. */
  meaning: string;
}

export function limits(): Limit[] {
  return files
    .filter(({ file, isGenerated }) => !isGenerated && !OUTSIDE.test(file))
    .flatMap(({ file, text }) => limitsOf(file, text));
}

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
      if (NAME.test(name)) found.push({ name, value, file, meaning: comment.join(" ").trim() });
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
