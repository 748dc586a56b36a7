/**
 * The page Problems: who is refused and why, who knocked unknown, what stations reported, the newest first. Must not know how any of it
 * is found out.
 */
import type { FleetProblems } from "../../../client/kerbside.ts";
import { useResource } from "../../data/resource.ts";
import { href } from "../../data/route.ts";
import { may, seesAll } from "../../data/session.ts";
import { count } from "../../parts/figure.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Page, type PageProps } from "../../parts/page.tsx";
import { Shown, WholeFleetOnly } from "../../parts/states.tsx";
import { RefusalCurve } from "./refusal-curve.tsx";
import { RefusalGroups } from "./refusal-groups.tsx";
import { SecurityEvents } from "./security-events.tsx";
import "./problems.css";

const EVERY_MS = 5_000;
const EVENTS_MAX = 200;

export function ProblemsPage(_: PageProps) {
  const mayList = may("stations:read");
  const mayCurve = may("metrics:read") && seesAll();
  const resource = useResource("problems", (client) => client.problems({ limit: EVENTS_MAX }), {
    everyMs: EVERY_MS,
    isWanted: mayList,
  });
  return (
    <Page>
      {mayList && (
        <Shown resource={resource}>
          {(problems) => (
            <>
              <Sums problems={problems} />
              {mayCurve && <RefusalCurve />}
              <RefusalGroups
                title="Refused stations"
                about="registered, and turned away since they were connected last"
                groups={problems.refusals}
                toOf={(stationId) => href(["stations", stationId])}
                none="No registered station is refused."
              />
              <RefusalGroups
                title="Unknown to this fleet"
                about="nobody registered them, and nothing of it is proven"
                groups={problems.newcomers}
                toOf={() => href(["newcomers"])}
                none="Nobody knocked who is not registered."
              />
              <SecurityEvents events={problems.securityEvents} />
            </>
          )}
        </Shown>
      )}
      {!mayList && (mayCurve ? <RefusalCurve /> : <WholeFleetOnly />)}
    </Page>
  );
}

function Sums({ problems: { refusals, newcomers, securityEvents } }: { problems: FleetProblems }) {
  const stations = refusals.reduce((sum, group) => sum + group.stations, 0);
  const unknown = newcomers.reduce((sum, group) => sum + group.stations, 0);
  if (stations + unknown + securityEvents.length === 0)
    return (
      <div class="notice">
        <Icon name="check" />
        <div>
          <b>Nothing is wrong.</b> Nobody is refused, nobody unknown knocked, no station reported anything.
        </div>
      </div>
    );
  return (
    <dl class="problem-sums">
      <Sum name="stations refused" value={stations} tone={stations > 0 ? "bad" : ""} to="#refused-stations" />
      <Sum name="unknown identities" value={unknown} tone={unknown > 0 ? "warn" : ""} to="#unknown-to-this-fleet" />
      <Sum
        name="security events"
        value={securityEvents.length}
        tone={securityEvents.length > 0 ? "warn" : ""}
        to="#security-events"
      />
    </dl>
  );
}

/** The page's own hash names the page: a part of it is scrolled to. */
const Sum = ({ name, value, tone, to }: { name: string; value: number; tone: string; to: string }) => (
  <div class="panel">
    <dd class={`number ${tone}`}>{count(value)}</dd>
    <dt>
      <button type="button" class="link" onClick={() => document.querySelector(to)?.scrollIntoView({ block: "start" })}>
        {name}
      </button>
    </dt>
  </div>
);
