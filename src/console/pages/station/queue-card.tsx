/**
 * What waits: commands for the station, events for those who want them; and what it takes to keep. Must not know how they are sent.
 */
import type { ComponentChildren } from "preact";
import type { StationView } from "../../../client/views.ts";
import { href } from "../../data/route.ts";
import { count } from "../../parts/figure.tsx";
import { bytes } from "./words.ts";

export function QueueCard({ view }: { view: StationView }) {
  const { queue, storage, stationId } = view;
  return (
    <section class="panel" aria-label="Queue">
      <header>
        <h2>Queue</h2>
      </header>
      <div class="figures">
        <Waiting value={queue.commands} label="commands wait">
          <a href={href(["stations", stationId], { tab: "commands" })}>commands wait</a>
        </Waiting>
        <Waiting value={queue.events} label="events undelivered" isWarning={queue.events > 0}>
          <a href={href(["webhooks"])}>events undelivered</a>
        </Waiting>
        <Waiting value={queue.deadLetters} label="dead letters" isWarning={queue.deadLetters > 0}>
          dead letters
        </Waiting>
        <div>
          <div class="figure number">{bytes(storage.bytes)}</div>
          <div class="muted small">kept, in {count(storage.rows)} rows</div>
        </div>
      </div>
    </section>
  );
}

interface WaitingProps {
  value: number;
  label: string;
  isWarning?: boolean;
  children: ComponentChildren;
}

const Waiting = ({ value, isWarning = false, children }: WaitingProps) => (
  <div>
    <div class={`figure number${isWarning ? " warn" : ""}`}>{count(value)}</div>
    <div class="muted small">{children}</div>
  </div>
);
