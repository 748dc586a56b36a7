/**
 * The rooms of src and their imports as a Mermaid graph, and its place in the paper. Must not know which imports are right.
 */
import { files, roomOf } from "./source-files.ts";

export const PAPER = "docs/architecture.md";
const BEGIN = "<!-- drawn by `npm run papers` -->";
const END = "<!-- end of the drawing -->";

/** From top to bottom, as in the list of rooms in architecture.test.ts. */
const LAYERS = [
  ["Programs for Node", ["local", "simulator", "bridge"]],
  ["For backends and people", ["console", "client"]],
  ["Shells: the Worker and its objects", ["http", "station", "webhooks", "fleet", "pki"]],
  ["Pure", ["security", "delivery", "ocpp"]],
] as const;

/** An arrow is an import; a dashed one of types alone. */
export function drawing(): string {
  const rooms = new Set(files.map(({ file }) => roomOf(file)).filter((room) => room !== ""));
  const isTypeOnly = new Map<string, boolean>();
  for (const { file, imports } of files) {
    for (const { own, target, typeOnly } of imports) {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (!own || from === "" || to === "" || from === to) continue;
      const arrow = `${from} ${to}`;
      isTypeOnly.set(arrow, (isTypeOnly.get(arrow) ?? true) && typeOnly);
    }
  }
  const boxes = LAYERS.flatMap(([title, names], layer) => {
    const here = names.filter((name) => rooms.has(name));
    return here.length === 0
      ? []
      : [`  subgraph layer${layer} ["${title}"]`, ...here.map((name) => `    ${name}`), "  end"];
  });
  const arrows = [...isTypeOnly]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([arrow, typeOnly]) => `  ${arrow.replace(" ", typeOnly ? " -.-> " : " --> ")}`);
  return ["```mermaid", "flowchart TD", ...boxes, ...arrows, "```"].join("\n");
}

/** @throws where the paper has no place for it */
export function withDrawing(paper: string, drawn: string): string {
  const [before, rest] = paper.split(`${BEGIN}\n`);
  const after = rest?.split(`${END}\n`)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAPER} has no place for the drawing: ${BEGIN}`);
  return `${before}${BEGIN}\n${drawn}\n${END}\n${after}`;
}
