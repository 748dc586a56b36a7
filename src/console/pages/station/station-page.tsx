/**
 * The page of one station: what it is and how it stands, beside what it says, what it is asked and how it connected. Must not know other
 * pages.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { StationView } from "../../../client/views.ts";
import { unreachableSince } from "../../data/edge.ts";
import { useResource } from "../../data/resource.ts";
import { href } from "../../data/route.ts";
import { clientOf, may } from "../../data/session.ts";
import { Loading, Shown, State } from "../../parts/states.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { useIsNarrow } from "../../parts/narrow.ts";
import { Page, type PageProps, useTitle } from "../../parts/page.tsx";
import { type Hint, TailModel } from "../../tail/tail-model.ts";
import { TailView } from "../../tail/tail-view.tsx";
import { AboutCard, RegistrationCard } from "./about-card.tsx";
import { CommandsTab } from "./commands-tab.tsx";
import { ConnectionCard } from "./connection-card.tsx";
import { ConnectionsTab } from "./connections-tab.tsx";
import { ConnectorsCard } from "./connectors-card.tsx";
import { QueueCard } from "./queue-card.tsx";
import { RegistrationDialog } from "./registration-dialog.tsx";
import { SecurityTab } from "./security-tab.tsx";
import { StationHead } from "./station-head.tsx";
import "./station.css";

/** ms between two looks at what the tail tells of, and at it where none may be read. The station itself is looked at as a list is. */
const [WATCHED_MS, UNWATCHED_MS] = [30_000, 10_000];
/** ms in which what the tail tells of is asked for once: a station says many things in a row. */
const GATHERED_MS = 1_000;
/** Commands at once. */
const COMMANDS_MAX = 25;

export function StationPage({ route }: PageProps) {
  const id = route.path[1] ?? "";
  useTitle(id);
  const [mayWatch, mayCommand] = [may("messages:read"), may("commands:write")];
  const everyMs = mayWatch ? WATCHED_MS : UNWATCHED_MS;
  const [commandsMax, setCommandsMax] = useState(COMMANDS_MAX);
  const isNarrow = useIsNarrow();
  const tabs = tabsOf(id, isNarrow);
  const tab = tabs.find(({ key }) => key === route.query.tab)?.key ?? tabs[0]?.key ?? "";

  const station = useResource(`station/${id}`, (client) => client.station(id).get());
  const connections = useResource(`connections/${id}`, (client) => client.station(id).connections(), {
    everyMs: WATCHED_MS,
    isWanted: mayWatch,
  });
  const commands = useResource(
    `commands/${id}/${commandsMax}`,
    (client) => client.station(id).commandsPage({ limit: commandsMax }),
    { everyMs, isWanted: mayCommand && tab === "commands", keeps: true },
  );
  const model = useTail(id, mayWatch, (hint) => {
    if (hint === "station" || hint === "line") station.reload();
    if (hint === "connections") connections.reload();
    if (hint === "commands") commands.reload();
  });

  const wasThere = useRef(false);
  wasThere.current ||= station.data !== null;
  if (station.failure?.kind === "refused" && station.failure.slug === "station-not-found")
    return <Gone id={id} wasThere={wasThere.current} />;
  const protocol = station.data?.connection?.protocol ?? connections.data?.[0]?.protocol ?? null;
  return (
    <Page>
      <Shown resource={station} loading={<Loading lines={10} />}>
        {(view) => (
          <div class="station">
            <StationHead view={view} onChange={station.reload} />
            <div class="station-columns">
              {!isNarrow && <Facts view={view} model={model} onSaved={station.reload} />}
              <div class="station-main">
                <Tabs label={`Parts of ${id}`} tabs={tabs} current={tab} />
                {tab === "about" && <Facts view={view} model={model} onSaved={station.reload} />}
                {tab === "live" && model !== null && (
                  <TailView model={model} stationId={id} protocol={protocol ?? "ocpp1.6"} />
                )}
                {tab === "commands" && (
                  <CommandsTab
                    view={view}
                    protocol={protocol}
                    history={commands}
                    onMore={commands.data?.cursor == null ? null : () => setCommandsMax(commandsMax + COMMANDS_MAX)}
                  />
                )}
                {tab === "connections" && <ConnectionsTab resource={connections} />}
                {tab === "security" && <SecurityTab view={view} />}
                {tab === "" && (
                  <State icon="lock" title="Your key sees no more of it">
                    <p>
                      Its messages take the scope <code>messages:read</code>, commands <code>commands:write</code>.
                    </p>
                  </State>
                )}
              </div>
            </div>
          </div>
        )}
      </Shown>
    </Page>
  );
}

/** On a phone what stands beside the others is one of them, and the first. */
function tabsOf(id: string, isNarrow: boolean) {
  const shown = [
    { key: "about", title: "Station", isShown: isNarrow },
    { key: "live", title: "Live tail", isShown: may("messages:read") },
    { key: "commands", title: "Commands", isShown: may("commands:write") },
    { key: "connections", title: "Connections", isShown: may("messages:read") },
    { key: "security", title: "Security", isShown: may("pki:write") },
  ].filter(({ isShown }) => isShown);
  return shown.map(({ key, title }) => ({ key, title, to: href(["stations", id], { tab: key }) }));
}

/** For as long as the page is shown; its socket is closed with it. */
function useTail(id: string, mayWatch: boolean, onHint: (hint: Hint) => void): TailModel | null {
  const told = useRef(onHint);
  told.current = onHint;
  const model = useMemo(() => {
    if (!mayWatch) return null;
    const due = new Set<Hint>();
    return new TailModel(clientOf().station(id), (hint) => {
      // What is shown is perhaps old from now on, and must not look fresh meanwhile.
      if (hint === "line") return told.current(hint);
      if (due.has(hint)) return;
      due.add(hint);
      setTimeout(() => {
        due.delete(hint);
        told.current(hint);
      }, GATHERED_MS);
    });
  }, [id, mayWatch]);
  useEffect(() => {
    void model?.start();
    return () => model?.stop();
  }, [model]);
  const isReachable = unreachableSince.value === null;
  useEffect(() => {
    if (isReachable) model?.reopen();
  }, [model, isReachable]);
  return model;
}

interface FactsProps {
  view: StationView;
  model: TailModel | null;
  onSaved: () => void;
}

function Facts({ view, model, onSaved }: FactsProps) {
  const [isEdited, setEdited] = useState(false);
  return (
    <div class="station-facts">
      <ConnectionCard view={view} />
      <Connectors view={view} model={model} />
      <AboutCard view={view} />
      <QueueCard view={view} />
      <RegistrationCard view={view} mayEdit={may("stations:write")} onEdit={() => setEdited(true)} />
      {isEdited && <RegistrationDialog view={view} onClose={() => setEdited(false)} onSaved={onSaved} />}
    </div>
  );
}

/** Apart: it alone is drawn again where a transaction goes on. */
const Connectors = ({ view, model }: { view: StationView; model: TailModel | null }) => (
  <ConnectorsCard view={view} transactions={model?.running.value ?? null} />
);

const Gone = ({ id, wasThere }: { id: string; wasThere: boolean }) => (
  <Page>
    <State icon="search" title={wasThere ? `${id} was deregistered` : `${id} is not registered`}>
      <p>
        {wasThere ? "It was here a moment ago. " : ""}
        Nobody of that name is registered, or not in the part of the fleet that your key is for.
      </p>
      <p>
        <a href="#/stations">All stations</a> · <a href="#/newcomers">Newcomers</a>
      </p>
    </State>
  </Page>
);
