/**
 * A JSON value as lines to read: coloured by kind, what is masked and the place at fault told apart. Must not know how a line is drawn.
 */
import { childAt, type Json, stepsOf } from "./json-tree.ts";

export type PieceKind = "name" | "text" | "number" | "word" | "mark" | "masked";

export interface Piece {
  kind: PieceKind;
  text: string;
}

export interface Line {
  depth: number;
  pieces: readonly Piece[];
  /** `fault`: it is at fault; `missing`: it is not there, and should be. */
  mark?: "fault" | "missing";
}

/** What the edge shows in the place of a secret (src/security/masked-message.ts). */
const MASK = "•••";
/** A payload of the largest frame has more; what is beyond is in the copy. */
const LINES_MAX = 5_000;

/** @param path JSON pointers of what is at fault */
export function markedLines(json: Json, faults: readonly string[] = []): Line[] {
  const lines: Line[] = [];
  const wanted = faults.map(stepsOf);
  walk(json, { depth: 0, head: [], tail: [], wanted }, lines);
  return lines.slice(0, LINES_MAX);
}

interface Place {
  depth: number;
  /** Before the value on its line, and behind it. */
  head: readonly Piece[];
  tail: readonly Piece[];
  /** Steps from here to what is at fault; none left: here. */
  wanted: readonly (readonly string[])[];
}

function walk(json: Json, place: Place, lines: Line[]): void {
  const { depth, head, tail, wanted } = place;
  if (lines.length > LINES_MAX) return;
  const mark = wanted.some((steps) => steps.length === 0) ? ({ mark: "fault" } as const) : {};
  if (json.kind !== "object" && json.kind !== "array") {
    lines.push({ depth, pieces: [...head, leaf(json), ...tail], ...mark });
    return;
  }
  const isObject = json.kind === "object";
  const members: (readonly [string, Json])[] = isObject
    ? [...json.members]
    : json.items.map((each, index) => [String(index), each]);
  const missing = [
    ...new Set(
      wanted.flatMap(([step, ...rest]) =>
        step !== undefined && rest.length === 0 && childAt(json, step) === undefined ? [step] : [],
      ),
    ),
  ];
  const [open, close] = isObject ? ["{", "}"] : ["[", "]"];
  if (members.length + missing.length === 0) {
    lines.push({ depth, pieces: [...head, { kind: "mark", text: `${open}${close}` }, ...tail], ...mark });
    return;
  }
  lines.push({ depth, pieces: [...head, { kind: "mark", text: open }], ...mark });
  for (const [index, [name, each]] of members.entries()) {
    walk(
      each,
      {
        depth: depth + 1,
        head: isObject ? named(name) : [],
        tail: index < members.length - 1 ? [{ kind: "mark", text: "," }] : [],
        wanted: wanted.flatMap(([step, ...rest]) => (step === name ? [rest] : [])),
      },
      lines,
    );
  }
  for (const name of missing)
    lines.push({ depth: depth + 1, pieces: [...named(name), { kind: "word", text: "is missing" }], mark: "missing" });
  lines.push({ depth, pieces: [{ kind: "mark", text: close }, ...tail] });
}

const named = (name: string): Piece[] => [
  { kind: "name", text: JSON.stringify(name) },
  { kind: "mark", text: ": " },
];

function leaf(json: Exclude<Json, { kind: "object" | "array" }>): Piece {
  switch (json.kind) {
    case "string":
      return { kind: json.text.includes(MASK) ? "masked" : "text", text: JSON.stringify(json.text) };
    case "number":
      return { kind: "number", text: json.text };
    case "literal":
      return { kind: "word", text: String(json.value) };
  }
}
