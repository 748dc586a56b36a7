/**
 * The rooms of src and their imports as a Mermaid graph, and its place in the paper. Must not know which imports are right.
 */
import { files, roomOf } from "./source-files.ts";

export const PAPER = "docs/architecture.md";
const BEGIN = "<!-- drawn by `npm run papers` -->";
const END = "<!-- end of the drawing -->";

/** From the highest to the lowest: no import goes from a later room to an earlier one. */
export const LAYERS: readonly (readonly [string, readonly string[]])[] = [
  ["Programs for Node", ["simulator", "bridge", "deploy", "local", "programs"]],
  ["For backends and people", ["console", "client"]],
  ["Shells: the Worker and its objects", ["http", "station", "pki", "webhooks", "fleet"]],
  ["Pure", ["security", "delivery", "ocpp"]],
];

const FROM_THE_TOP = LAYERS.flatMap(([, rooms]) => rooms);

/** "a → b", for each arrow that would have to be drawn upwards, or from or to a room that is not in the order. */
export const upwards = (arrows: Iterable<string>): string[] =>
  [...arrows].filter((arrow) => {
    const [from = -1, to = -1] = arrow.split(" → ").map((room) => FROM_THE_TOP.indexOf(room));
    return from === -1 || to === -1 || from >= to;
  });

/** "a → b", and whether it is by types alone. */
export function roomImports(): Map<string, boolean> {
  const isTypeOnly = new Map<string, boolean>();
  for (const { file, imports } of files) {
    for (const { own, target, typeOnly } of imports) {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (!own || from === "" || to === "" || from === to) continue;
      const arrow = `${from} → ${to}`;
      isTypeOnly.set(arrow, (isTypeOnly.get(arrow) ?? true) && typeOnly);
    }
  }
  return isTypeOnly;
}

/** An arrow is an import; a dashed one of types alone. */
export function drawing(): string {
  const rooms = new Set(files.map(({ file }) => roomOf(file)).filter((room) => room !== ""));
  const arrows = [...roomImports()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([arrow, typeOnly]) => `  ${arrow.replace(" → ", typeOnly ? " -.-> " : " --> ")}`);
  const boxes = LAYERS.flatMap(([title, names], layer) => {
    const here = names.filter((name) => rooms.has(name));
    return here.length === 0
      ? []
      : [`  subgraph layer${layer} ["${title}"]`, ...here.map((name) => `    ${name}`), "  end"];
  });
  return ["```mermaid", "flowchart TD", ...boxes, ...arrows, "```"].join("\n");
}

/** @throws where the paper has no place for it */
export function withDrawing(paper: string, drawn: string): string {
  const [before, rest] = paper.split(`${BEGIN}\n`);
  const after = rest?.split(`${END}\n`)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAPER} has no place for the drawing: ${BEGIN}`);
  return `${before}${BEGIN}\n${drawn}\n${END}\n${after}`;
}
