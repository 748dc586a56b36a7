/**
 * JSON to read: coloured, what is masked and what is at fault marked. Must not know what it is of.
 */
import { useState } from "preact/hooks";
import type { Json } from "./json-tree.ts";
import { type Line, markedLines } from "./marked-lines.ts";
import "./json.css";

/** Lines at first: more are drawn when somebody wants them. */
const LINES_MAX = 400;

export function JsonView({ json, faults = [], label }: { json: Json; faults?: readonly string[]; label: string }) {
  const [isWhole, setWhole] = useState(false);
  const lines = markedLines(json, faults);
  const shown = isWhole ? lines : lines.slice(0, LINES_MAX);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it
    <div class="json" role="group" aria-label={label} tabIndex={0}>
      {shown.map((line, index) => (
        <JsonLine key={index} line={line} />
      ))}
      {shown.length < lines.length && (
        <button type="button" class="button small quiet" onClick={() => setWhole(true)}>
          {lines.length - shown.length} lines more
        </button>
      )}
    </div>
  );
}

const JsonLine = ({ line: { depth, pieces, mark } }: { line: Line }) => (
  <div class={`json-line${mark === undefined ? "" : ` ${mark}`}`} style={{ paddingLeft: `${depth * 1.4 + 0.5}em` }}>
    {pieces.map(({ kind, text }, index) => (
      <span key={index} class={`j-${kind}`} {...(kind === "masked" && { title: MASKED })}>
        {text}
      </span>
    ))}
    {mark === "fault" && <span class="hidden-text"> at fault</span>}
  </div>
);

const MASKED = "Masked: your key lacks the scope messages:unmasked";
