/**
 * Rows of a tail, the newest on top: only those that are seen are drawn, and where somebody reads nothing moves. Must not know where rows
 * come from.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useIsNarrow } from "../parts/narrow.ts";
import { clockTime, fullTime } from "../parts/time.tsx";
import { Direction } from "./direction.tsx";
import { RowState } from "./row-state.tsx";
import type { Row } from "./row.ts";

/** px, as tail.css has them. */
const [ROW_PX, NARROW_ROW_PX] = [28, 50];
/** Rows beyond the edges, so that a quick finger meets no gap. */
const BEYOND = 8;
/** px from the end at which older ones are asked for. */
const NEAR_END_PX = 400;
/** Characters of a payload on its row. */
const PREVIEW_MAX = 240;

export interface TailListProps {
  /** The oldest first. */
  rows: readonly Row[];
  /** Of what is drawn now: rows change in place. */
  drawn: number;
  chosen: Row | null;
  onChoose: (row: Row) => void;
  onEnd: () => void;
  end: ComponentChildren;
}

export function TailList({ rows, drawn, chosen, onChoose, onEnd, end }: TailListProps) {
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  /** The row at the top of what is seen, which stays there. */
  const anchor = useRef<{ id: number; offset: number } | null>(null);
  const rowPx = useIsNarrow() ? NARROW_ROW_PX : ROW_PX;
  const at = (index: number): Row | undefined => rows[rows.length - 1 - index];

  const look = () => {
    const element = place.current;
    if (element === null) return;
    const { scrollTop, clientHeight, scrollHeight } = element;
    const first = at(Math.floor(scrollTop / rowPx));
    anchor.current = scrollTop < rowPx || first === undefined ? null : { id: first.id, offset: scrollTop % rowPx };
    if (scrollTop !== view.top || clientHeight !== view.height) setView({ top: scrollTop, height: clientHeight });
    if (scrollHeight - scrollTop - clientHeight < NEAR_END_PX) onEnd();
  };

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = place.current;
    if (element === null || anchor.current === null) return;
    const index = indexOf(rows, anchor.current.id);
    element.scrollTop = (rows.length - 1 - index) * rowPx + anchor.current.offset;
  }, [drawn, rows]);

  const first = Math.max(0, Math.floor(view.top / rowPx) - BEYOND);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / rowPx) + BEYOND);
  const seen = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || rows.length === 0) return;
    event.preventDefault();
    const from = chosen === null ? -1 : rows.length - 1 - indexOf(rows, chosen.id);
    const to = Math.min(
      rows.length - 1,
      Math.max(0, step === "first" ? 0 : step === "last" ? rows.length - 1 : from + step),
    );
    const row = at(to);
    if (row === undefined) return;
    onChoose(row);
    const element = place.current;
    if (element === null) return;
    if (to * rowPx < element.scrollTop) element.scrollTop = to * rowPx;
    if ((to + 1) * rowPx > element.scrollTop + element.clientHeight)
      element.scrollTop = (to + 1) * rowPx - element.clientHeight;
  };

  return (
    <div
      ref={place}
      class="tail-rows"
      role="listbox"
      aria-label="Messages, the newest first"
      tabIndex={0}
      aria-activedescendant={chosen === null ? undefined : `row${chosen.id}`}
      onScroll={look}
      onKeyDown={move}
    >
      <div class="tail-room" style={{ height: `${rows.length * rowPx}px` }}>
        {seen.map((index) => {
          const row = at(index);
          return (
            row !== undefined && (
              <TailRow key={row.id} row={row} top={index * rowPx} isChosen={row === chosen} onChoose={onChoose} />
            )
          );
        })}
      </div>
      {end}
    </div>
  );
}

const STEPS: Readonly<Record<string, number | "first" | "last">> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: "first",
  End: "last",
};

/** Ids rise: of the row, or of the one that is next to where it was. */
function indexOf(rows: readonly Row[], id: number): number {
  let [from, to] = [0, rows.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rows[middle]?.id ?? 0) < id) from = middle + 1;
    else to = middle;
  }
  return Math.max(0, from);
}

interface TailRowProps {
  row: Row;
  top: number;
  isChosen: boolean;
  onChoose: (row: Row) => void;
}

function TailRow({ row, top, isChosen, onChoose }: TailRowProps) {
  const ms = Date.parse(row.at);
  return (
    <div
      id={`row${row.id}`}
      class={`tail-row ${row.kind} ${row.state}${isChosen ? " chosen" : ""}`}
      role="option"
      aria-selected={isChosen}
      tabIndex={-1}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onChoose(row)}
    >
      <span class="t-time number muted" {...(Number.isNaN(ms) ? {} : { title: fullTime(ms) })}>
        {Number.isNaN(ms) ? "" : clockTime(ms)}
        <span class="faint">{Number.isNaN(ms) ? "" : `.${String(ms % 1_000).padStart(3, "0")}`}</span>
      </span>
      <Direction direction={row.direction} />
      <span class="t-action clip">{TITLES[row.kind] ?? row.action}</span>
      <span class="t-state">
        <RowState row={row} />
      </span>
      <span class="t-preview clip mono muted">{row.note === "" ? row.text.slice(0, PREVIEW_MAX) : row.note}</span>
      <span class="t-answer clip mono muted">{answerOf(row)}</span>
    </div>
  );
}

/** What says most of an answer first; of an error the code stands before it already. */
function answerOf({ answer }: Row): string {
  if (answer === null) return "";
  return answer.error === null ? answer.text.slice(0, PREVIEW_MAX) : answer.error.description;
}

/** Of rows that are no action. */
export const TITLES: Partial<Record<Row["kind"], string>> = {
  unreadable: "No message",
  answer: "Answer",
  connected: "Connected",
  disconnected: "Disconnected",
  gap: "Not shown",
};
