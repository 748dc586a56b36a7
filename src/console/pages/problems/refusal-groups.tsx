/**
 * Refusals by reason: how many, of how many stations, the newest of them, and what to do. Must not know whether they are registered.
 */
import type { RefusalGroup } from "../../../client/kerbside.ts";
import { count } from "../../parts/figure.tsx";
import { Time } from "../../parts/time.tsx";
import { reasonOf } from "./reasons.ts";

export interface RefusalGroupsProps {
  title: string;
  about: string;
  groups: readonly RefusalGroup[];
  toOf: (stationId: string) => string;
  none: string;
}

export function RefusalGroups({ title, about, groups, toOf, none }: RefusalGroupsProps) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  return (
    <section class="stack" id={id} aria-label={title}>
      <div class="line wrap">
        <h2 class="nowrap">{title}</h2>
        <span class="muted small">{about}</span>
      </div>
      {groups.length === 0 ? (
        <div class="panel none-wrong muted">{none}</div>
      ) : (
        <div class="refusal-groups">
          {groups.map((group) => (
            <Group key={group.reason} group={group} toOf={toOf} />
          ))}
        </div>
      )}
    </section>
  );
}

function Group({
  group: { reason, stations, count: refusals, newest },
  toOf,
}: {
  group: RefusalGroup;
  toOf: (id: string) => string;
}) {
  const { words, remedy } = reasonOf(reason);
  return (
    <article class="panel refusal-group">
      <header>
        <h3 title={reason}>{words}</h3>
        <span class="muted small nowrap">
          <b class="number">{count(refusals)}</b> {refusals === 1 ? "time" : "times"},{" "}
          <b class="number">{count(stations)}</b> {stations === 1 ? "station" : "stations"}
        </span>
      </header>
      {remedy !== "" && <p class="small muted remedy">{remedy}</p>}
      <ul>
        {newest.map(({ stationId, at, count: times, since }) => (
          <li key={stationId} class="line">
            <a class="clip grow" href={toOf(stationId)}>
              {stationId}
            </a>
            <span class="number small nowrap">
              {count(times)} <span class="muted">since</span> <Time at={since} form="clock" />
            </span>
            <span class="small muted last">
              <Time at={at} />
            </span>
          </li>
        ))}
        {stations > newest.length && (
          <li class="muted small">and {count(stations - newest.length)} more that were refused before</li>
        )}
      </ul>
    </article>
  );
}
