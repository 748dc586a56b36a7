/**
 * What waits: commands for the station, events for those who want them; and what it takes to keep. Must not know how they are sent.
 */
import type { ComponentChildren } from "preact";
import type { StationView } from "../../../client/views.ts";
import { href } from "../../data/route.ts";
import { may } from "../../data/session.ts";
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
        <Waiting
          value={queue.commands}
          to={may("commands:write") ? href(["stations", stationId], { tab: "commands" }) : null}
        >
          commands wait
        </Waiting>
        <Waiting
          value={queue.events}
          to={may("webhooks:write") ? href(["webhooks"]) : null}
          isWarning={queue.events > 0}
        >
          events undelivered
        </Waiting>
        <Waiting value={queue.deadLetters} to={null} isWarning={queue.deadLetters > 0}>
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
  /** Of what is behind it; `null`: there is nothing to see, or not for this key. */
  to: string | null;
  isWarning?: boolean;
  children: ComponentChildren;
}

const Waiting = ({ value, to, isWarning = false, children }: WaitingProps) => (
  <div>
    <div class={`figure number${isWarning ? " warn" : ""}`}>{count(value)}</div>
    <div class="muted small">{to === null ? children : <a href={to}>{children}</a>}</div>
  </div>
);
