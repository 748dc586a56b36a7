/**
 * A list as a table: rows that are seen are drawn, however many there are; on a phone each row has two lines. Must not know what a row
 * is about.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { useIsNarrow, useWidth } from "./narrow.ts";
import { Icon } from "./icon.tsx";
import { useVirtualRows } from "./virtual-rows.ts";

export interface Column<Row> {
  key: string;
  title: string;
  /** A track of CSS grid: `120px`, `minmax(120px, 2fr)`. */
  width: string;
  cell: (row: Row) => ComponentChildren;
  isEnd?: boolean;
  /** What `sort` is set to by a click on the title. */
  sort?: string;
  /** px: in a window that is less wide it is left out. */
  from?: number;
  /** Where it stands on a phone: of two lines at the left or the right, or at the end of both; otherwise it is left out. */
  narrow?: "lead" | "trail" | "under" | "under-trail" | "end";
}

export interface TableProps<Row> {
  /** For who hears it. */
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  sort?: string;
  onSort?: (sort: string) => void;
  /** Takes the height that is left and scrolls by itself; otherwise all rows are drawn: for lists of few. */
  isLong?: boolean;
  /** Called when the end of what is there is near. */
  onNearEnd?: () => void;
  /** Which rows are looked at: first and last. */
  onSeen?: (first: number, last: number) => void;
  chosen?: ReadonlySet<string>;
  /** The one that a row was drawn with is called: it must not hold what was chosen then. */
  onChoose?: (key: string, isChosen: boolean) => void;
  isStale?: boolean;
  /** Below the last row. */
  tail?: ComponentChildren;
}

/** px, as --row in tokens.css */
const ROW = 36;
const NARROW_ROW = 62;
/** Rows from the end, where more is asked for. */
const NEAR_END = 60;

export function Table<Row>(given: TableProps<Row>) {
  const width = useWidth();
  const columns = useMemo(
    () => given.columns.filter(({ from = 0, narrow }) => width >= from || narrow !== undefined),
    [given.columns, width],
  );
  const props = { ...given, columns };
  const { label, rows, isLong = false, isStale = false, chosen, tail } = props;
  const tracks = [...(chosen === undefined ? [] : ["18px"]), ...columns.map(({ width }) => width)].join(" ");
  return (
    <div
      class={`table ${isLong ? "fill" : "short"}${chosen === undefined ? "" : " choosing"}`}
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      style={{ "--columns": tracks }}
    >
      <div class="head" role="rowgroup">
        <div class="row" role="row">
          {chosen !== undefined && (
            <div role="columnheader">
              <span class="hidden-text">Chosen</span>
            </div>
          )}
          {columns.map((column) => (
            <Head key={column.key} column={column} {...props} />
          ))}
        </div>
      </div>
      {isLong ? (
        <LongRows {...props} />
      ) : (
        <div class={`rows${isStale ? " stale" : ""}`} role="rowgroup">
          {rows.map((row, index) => (
            <RowLine key={props.keyOf(row)} row={row} index={index} {...props} />
          ))}
          {tail !== undefined && <div class="tail">{tail}</div>}
        </div>
      )}
    </div>
  );
}

function Head<Row>({ column, sort, onSort }: TableProps<Row> & { column: Column<Row> }) {
  const { title, isEnd = false, sort: own } = column;
  const isSorted = own !== undefined && own === sort;
  return (
    <div role="columnheader" class={isEnd ? "end" : ""} aria-sort={isSorted ? "other" : undefined}>
      {own === undefined || onSort === undefined ? (
        title
      ) : (
        <button type="button" onClick={() => onSort(own)} title={`Sort by ${title.toLowerCase()}`}>
          {title}
          {isSorted && <Icon name="down" size={12} />}
        </button>
      )}
    </div>
  );
}

/** A row as it was drawn last. */
interface Drawn<Row> {
  row: Row;
  columns: readonly Column<Row>[];
  /** `null`: rows are not chosen. */
  isChosen: boolean | null;
  index: number;
  /** px */
  top: number;
  line: ComponentChildren;
}

function LongRows<Row>(props: TableProps<Row>) {
  const { rows, columns, keyOf, chosen, onNearEnd, onSeen, isStale = false, tail } = props;
  const place = useRef<HTMLDivElement>(null);
  const isNarrow = useIsNarrow();
  const { items, height, scrollTo } = useVirtualRows(place, rows.length, isNarrow ? NARROW_ROW : ROW);
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => onSeen?.(first, last), [first, last, onSeen]);
  useEffect(() => {
    if (last >= rows.length - NEAR_END) onNearEnd?.();
  }, [last, rows.length, onNearEnd]);
  const wanted = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    const link = linkOf(place.current, wanted.current);
    if (link !== null) wanted.current = null;
    link?.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key];
    const at = (event.target as HTMLElement).closest<HTMLElement>("[data-index]")?.dataset.index;
    if (by === undefined || at === undefined) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(rows.length - 1, Number(at) + by));
    scrollTo(to);
    const link = linkOf(place.current, to);
    if (link === null) wanted.current = to;
    else link.focus({ preventScroll: true });
  };
  const drawn = useRef(new Map<string, Drawn<Row>>());
  // One that is the same as before is not drawn again: most rows stay where they are as the list moves by a few.
  const next = new Map<string, Drawn<Row>>();
  const lineOf = (row: Row, index: number, top: number) => {
    const key = keyOf(row);
    const isChosen = chosen?.has(key) ?? null;
    const before = drawn.current.get(key);
    const isSame =
      before?.row === row &&
      before.columns === columns &&
      before.isChosen === isChosen &&
      before.index === index &&
      before.top === top;
    const line = isSame ? before.line : <RowLine key={key} row={row} index={index} top={top} {...props} />;
    next.set(key, { row, columns, isChosen, index, top, line });
    return line;
  };
  useLayoutEffect(() => {
    drawn.current = next;
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <div ref={place} class={`rows${isStale ? " stale" : ""}`} role="rowgroup" tabIndex={0} onKeyDown={onKeyDown}>
      <div class="room" role="presentation" style={{ height: `${height}px` }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          return row === undefined ? null : lineOf(row, index, start);
        })}
      </div>
      {tail !== undefined && <div class="tail">{tail}</div>}
    </div>
  );
}

const linkOf = (place: HTMLElement | null, index: number): HTMLElement | null =>
  place?.querySelector<HTMLElement>(`[data-index="${index}"] :is(a, button)`) ?? null;

function RowLine<Row>(props: TableProps<Row> & { row: Row; index: number; top?: number }) {
  const { row, index, top, columns, keyOf, chosen, onChoose } = props;
  const key = keyOf(row);
  const isChosen = chosen?.has(key) ?? false;
  return (
    <div
      class={`row${isChosen ? " chosen" : ""}`}
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      {...(top !== undefined && { style: { transform: `translateY(${top}px)` } })}
    >
      {chosen !== undefined && (
        <div role="cell" class="choose">
          <input
            type="checkbox"
            aria-label={`Choose ${key}`}
            checked={isChosen}
            onChange={({ currentTarget }) => onChoose?.(key, currentTarget.checked)}
          />
        </div>
      )}
      {columns.map(({ key: column, cell, isEnd = false, narrow = "none" }) => (
        <div role="cell" key={column} class={`narrow-${narrow}${isEnd ? " end" : ""}`}>
          {cell(row)}
        </div>
      ))}
    </div>
  );
}
