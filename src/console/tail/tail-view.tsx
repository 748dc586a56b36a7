/**
 * The live tail on a page: how it stands, what is shown of it, held and let go, and the row that is opened. Must not know the station's
 * other parts.
 */
import { useEffect, useState } from "preact/hooks";
import { route } from "../data/route.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FilterBar } from "../parts/filter-bar.tsx";
import { count } from "../parts/figure.tsx";
import { Icon } from "../parts/icon.tsx";
import { useIsNarrow } from "../parts/narrow.ts";
import { Time } from "../parts/time.tsx";
import { Dot } from "../parts/badge.tsx";
import { type Filter, shown } from "./filter.ts";
import type { Row } from "./row.ts";
import { RowDetail } from "./row-detail.tsx";
import { BOUNDS } from "./rows.ts";
import { TailList } from "./tail-list.tsx";
import type { TailModel } from "./tail-model.ts";
import "./tail.css";

export interface TailViewProps {
  model: TailModel;
  stationId: string;
  protocol: string;
}

export function TailView({ model, stationId, protocol }: TailViewProps) {
  const [chosen, setChosen] = useState<Row | null>(null);
  const isNarrow = useIsNarrow();
  const drawn = model.drawn.value;
  const { rows } = model;
  const filter = filterOf(route.value.query);
  const seen = shown(rows.all, filter);
  const choose = (row: Row) => {
    setChosen(row);
    void model.enrich(row);
  };
  useEffect(() => {
    const leave = (event: KeyboardEvent) => event.key === "Escape" && setChosen(null);
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, []);
  return (
    <section
      class="tail-view"
      aria-label="Live tail"
      data-drawn={drawn}
      data-rows={rows.all.length}
      data-arrived={rows.arrived}
      data-dropped={rows.dropped}
    >
      <div class="tail-head">
        <FilterBar search="Action or message id" choices={CHOICES} />
        <span class="grow" />
        <Standing model={model} />
        <HoldButton model={model} />
      </div>
      <Notices model={model} />
      <div class={`tail-body${chosen === null ? "" : " opened"}`}>
        <div class="tail-table panel">
          <div class="tail-row tail-names" aria-hidden="true">
            <span>Time</span>
            <span />
            <span>Action</span>
            <span>Answered</span>
            <span class="t-preview">Payload</span>
            <span class="t-answer">Answer</span>
          </div>
          <TailList
            rows={seen}
            drawn={drawn}
            chosen={chosen}
            onChoose={choose}
            onEnd={() => void model.loadOlder()}
            end={<End model={model} isEmpty={seen.length === 0} isFiltered={seen.length < rows.all.length} />}
          />
        </div>
        {chosen !== null && !isNarrow && (
          <RowDetail row={chosen} stationId={stationId} protocol={protocol} onClose={() => setChosen(null)} />
        )}
      </div>
      {chosen !== null && isNarrow && (
        <Dialog title="Message" isWide onClose={() => setChosen(null)}>
          <RowDetail row={chosen} stationId={stationId} protocol={protocol} onClose={() => setChosen(null)} />
        </Dialog>
      )}
    </section>
  );
}

const CHOICES = [
  {
    ...{ name: "direction", label: "Both directions" },
    options: [
      ["in", "From the station"],
      ["out", "To the station"],
    ],
  },
  {
    ...{ name: "type", label: "All messages" },
    options: [
      ["calls", "CALLs"],
      ["faults", "Faults and errors"],
      ["connections", "Connections"],
    ],
  },
] as const;

/** What somebody wrote into the address need not be one. */
function filterOf({ q = "", direction = "", type = "" }: Readonly<Record<string, string>>): Filter {
  return {
    text: q,
    direction: direction === "in" || direction === "out" ? direction : "all",
    type: type === "calls" || type === "faults" || type === "connections" ? type : "all",
  };
}

function Standing({ model }: { model: TailModel }) {
  const standing = model.standing.value;
  switch (standing.kind) {
    case "opening":
      return (
        <span class="line small muted" role="status">
          <Dot tone="off" label="Opening" /> Opening …
        </span>
      );
    case "open":
      return (
        <span class="line small muted" role="status">
          <Dot tone={model.rows.isHeld ? "warn" : "good"} label={model.rows.isHeld ? "Paused" : "Live"} />
          {model.rows.isHeld ? "Paused" : "Live"}
        </span>
      );
    case "broken":
      return (
        <span class="line small warn" role="status">
          <Dot tone="warn" label="Broken" /> Reconnecting
        </span>
      );
    case "closed":
      return (
        <span class="line small bad" role="status">
          <Dot tone="bad" label="Closed" /> Closed
        </span>
      );
  }
}

function HoldButton({ model }: { model: TailModel }) {
  const { isHeld, waiting } = model.rows;
  return (
    <button
      type="button"
      class={`button${isHeld ? " main" : ""}`}
      aria-pressed={isHeld}
      onClick={() => (isHeld ? model.go() : model.hold())}
    >
      <Icon name={isHeld ? "play" : "pause"} size={14} />
      {isHeld ? `Resume${waiting > 0 ? `: ${count(waiting)} wait` : ""}` : "Pause"}
    </button>
  );
}

function Notices({ model }: { model: TailModel }) {
  const standing = model.standing.value;
  const { lost } = model.rows;
  return (
    <>
      {lost > 0 && (
        <div class="notice warn" role="status">
          <Icon name="problems" />
          <div>
            {count(BOUNDS.waiting)} messages wait, and no more may: the oldest {count(lost)} of them had to go. Those
            that are events are in the log; Heartbeats are not.
          </div>
        </div>
      )}
      {standing.kind === "broken" && (
        <div class="notice warn" role="status">
          <Icon name="offline" />
          <div>
            <b>The tail is interrupted</b> since <Time at={standing.since} form="clock" />: {standing.reason}. It is
            opened again by itself, behind the last message.
          </div>
        </div>
      )}
      {standing.kind === "closed" && (
        <div class="notice bad" role="alert">
          <Icon name="offline" />
          <div>
            <b>The tail is closed</b> since <Time at={standing.since} form="clock" />. {standing.reason}
          </div>
          {standing.mayReopen && (
            <button type="button" class="button small" onClick={() => void model.start()}>
              Open again
            </button>
          )}
        </div>
      )}
    </>
  );
}

function End({ model, isEmpty, isFiltered }: { model: TailModel; isEmpty: boolean; isFiltered: boolean }) {
  const older = model.older.value;
  const { isFull, dropped } = model.rows;
  if (isEmpty && older === "none")
    return (
      <p class="tail-end muted">
        {isFiltered ? "Nothing here fits the filter." : "Nothing yet. What the station says appears here as it comes."}
      </p>
    );
  return (
    <p class="tail-end muted small">
      {isFull || dropped > 0
        ? `${count(model.rows.all.length)} rows are kept here; older ones had to go. They are in the log.`
        : older === "loading"
          ? "Loading older ones …"
          : older === "none"
            ? "The log begins here."
            : older === "failed"
              ? "Older ones could not be loaded. "
              : ""}
      {(older === "more" || older === "failed") && !isFull && dropped === 0 && (
        <button type="button" class="button small quiet" onClick={() => void model.loadOlder()}>
          Older
        </button>
      )}
    </p>
  );
}
