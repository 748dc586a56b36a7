/**
 * How far a webhook's last replay has come. Must not know how it is begun.
 */
import type { Replay } from "../../../client/kerbside.ts";
import { count } from "../../parts/figure.tsx";
import { stationCount } from "../../parts/station-count.ts";
import { Time } from "../../parts/time.tsx";

export function ReplayState({ replay: { replay } }: { replay: Replay }) {
  if (replay === null) return null;
  const { startedAt, finishedAt, since, stations } = replay;
  const { asked, toAsk } = stations;
  const isOver = finishedAt !== null;
  // Stations come and go meanwhile.
  const share = isOver ? 1 : Math.min(1, asked / Math.max(toAsk, 1));
  return (
    <section class="panel replay" role="status">
      <div class="line spread wrap">
        <span>
          <b>{isOver ? "Replayed" : "Replay under way"}</b>{" "}
          <span class="muted">
            {since === null ? "what it did not take" : "all that is kept since "}
            {since !== null && <Time at={since} form="local" />} · begun <Time at={startedAt} />
            {isOver && (
              <>
                , over <Time at={finishedAt} />
              </>
            )}
          </span>
        </span>
        <span class="number">
          {count(asked)} <span class="muted">of {stationCount(Math.max(toAsk, asked))} asked</span>
        </span>
      </div>
      <div
        class="bar-line"
        role="progressbar"
        aria-label="Stations asked"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <i style={{ width: `${share * 100}%` }} />
      </div>
    </section>
  );
}
