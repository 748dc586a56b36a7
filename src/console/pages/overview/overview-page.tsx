/**
 * The fleet at a glance: how it stands, how it stood, what it is made of. Must not know one station.
 */
import { useResource } from "../../data/resource.ts";
import { identity, may, seesAll } from "../../data/session.ts";
import { FirstStation } from "../../parts/first-station.tsx";
import { Page, type PageProps } from "../../parts/page.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { Breakdowns } from "./breakdowns.tsx";
import { Curves } from "./curves.tsx";
import { Standing } from "./standing.tsx";
import "./overview.css";

export function OverviewPage({ route }: PageProps) {
  const isAll = seesAll();
  const summary = useResource("summary", (client) => client.summary(), { isWanted: isAll });
  if (!isAll)
    return (
      <Page>
        <State icon="stations" title="Your key is for a part of the fleet">
          <p>
            Sums are of the whole fleet. What {identity.value?.name} may see is in the <a href="#/stations">list</a>.
          </p>
        </State>
      </Page>
    );
  return (
    <Page>
      <Shown resource={summary}>
        {(fleet) =>
          fleet.stations === 0 ? (
            <FirstStation />
          ) : (
            <>
              <Standing summary={fleet} />
              <div class="overview">
                {may("metrics:read") ? (
                  <Curves summary={fleet} span={route.query.span} />
                ) : (
                  <section class="panel">
                    <State icon="lock" title="Your key may not see how it was">
                      <p>
                        It lacks the scope <code>metrics:read</code>.
                      </p>
                    </State>
                  </section>
                )}
                <div class="overview-side">
                  <Breakdowns summary={fleet} />
                </div>
              </div>
            </>
          )
        }
      </Shown>
    </Page>
  );
}
