/**
 * All webhooks with what came of their deliveries, and the way to another. Must not know what is in an event.
 */
import type { Deliveries, Kerbside, StuckPage, Webhook } from "../../../client/kerbside.ts";
import { useResource } from "../../data/resource.ts";
import { href, setQuery } from "../../data/route.ts";
import { Badge } from "../../parts/badge.tsx";
import { count } from "../../parts/figure.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Page } from "../../parts/page.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { WebhookForm } from "./webhook-form.tsx";
import { bucketsOf, healthOf, outcomesOf, quantileOf, secondsText, shareText } from "./webhook-health.ts";

/** Three questions for each of them. */
const EVERY_MS = 10_000;
/** Stations in trouble that are counted: beyond them it says so many and more. */
const STUCK_MAX = 100;

interface Row {
  webhook: Webhook;
  deliveries: Deliveries;
  stuck: StuckPage;
}

async function rowsOf(client: Kerbside): Promise<Row[]> {
  const webhooks = await client.webhooks();
  return Promise.all(
    webhooks.map(async (webhook) => {
      const [deliveries, stuck] = await Promise.all([
        client.deliveries(webhook.name),
        client.stuckPage(webhook.name, { limit: STUCK_MAX }),
      ]);
      return { webhook, deliveries, stuck };
    }),
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ key: "name", title: "Webhook", width: "minmax(110px, 1fr)", narrow: "lead" },
    cell: ({ webhook: { name } }) => (
      <a class="lead" href={href(["webhooks", name])}>
        {name}
      </a>
    ),
  },
  {
    ...{ key: "state", title: "State", width: "130px", narrow: "trail" },
    cell: (row) => <Health {...row} />,
  },
  {
    ...{ key: "url", title: "Where to", width: "minmax(160px, 2fr)", narrow: "under" },
    cell: ({ webhook: { url } }) => (
      <code class="clip" title={url}>
        {url}
      </code>
    ),
  },
  {
    ...{ key: "types", title: "Events", width: "minmax(90px, 1fr)" },
    cell: ({ webhook: { types } }) => (
      <span title={types.join("\n")}>{types.length === 0 ? "all" : types.map(shortType).join(", ")}</span>
    ),
  },
  {
    ...{ key: "delivered", title: "Delivered", width: "84px", isEnd: true },
    cell: ({ deliveries }) => count(outcomesOf(deliveries).delivered),
  },
  {
    ...{ key: "failed", title: "Failed", width: "116px", isEnd: true },
    cell: ({ deliveries }) => <Failed deliveries={deliveries} />,
  },
  {
    ...{ key: "latency", title: "Half / 95 % within", width: "132px", isEnd: true },
    cell: ({ deliveries }) => <Latency deliveries={deliveries} />,
  },
  {
    ...{ key: "stuck", title: "Stuck at", width: "104px", isEnd: true, narrow: "under-trail" },
    cell: ({ webhook: { name }, stuck }) => <Stuck name={name} stuck={stuck} />,
  },
];

export const shortType = (type: string): string => type.replace("ocpp.", "");

function Health({ deliveries, stuck }: Row) {
  const { tone, words } = healthOf(stuck.stations, deliveries);
  return <Badge tone={tone}>{words}</Badge>;
}

function Failed({ deliveries }: { deliveries: Deliveries }) {
  const { failed, failedShare } = outcomesOf(deliveries);
  if (failed === 0) return <span class="muted">0</span>;
  return (
    <span class="number">
      <span class="bad">{count(failed)}</span> <span class="muted small">· {shareText(failedShare ?? 0)}</span>
    </span>
  );
}

function Latency({ deliveries }: { deliveries: Deliveries }) {
  const buckets = bucketsOf(deliveries);
  return (
    <span class="number nowrap">
      {secondsText(quantileOf(buckets, 0.5), buckets)}
      <span class="muted"> / {secondsText(quantileOf(buckets, 0.95), buckets)}</span>
    </span>
  );
}

function Stuck({ name, stuck: { stations, cursor } }: { name: string; stuck: StuckPage }) {
  if (stations.length === 0) return <span class="muted">nothing stuck</span>;
  const text = `${stations.length}${cursor === null ? "" : "+"} ${stations.length === 1 ? "station" : "stations"}`;
  return (
    <a class="warn number" href={href(["webhooks", name])}>
      {text}
    </a>
  );
}

export function WebhookList({ isAdding }: { isAdding: boolean }) {
  const resource = useResource("webhooks", rowsOf, { everyMs: EVERY_MS });
  return (
    <Page>
      <div class="line spread wrap">
        <p class="muted">Where what stations say goes: signed, in order for each station, at least once.</p>
        <button type="button" class="button main" onClick={() => setQuery({ new: true })}>
          <Icon name="plus" size={14} /> New webhook
        </button>
      </div>
      <Shown resource={resource}>
        {(rows) =>
          rows.length === 0 ? (
            <State icon="webhooks" title="No webhook yet">
              <p>
                A webhook is an address of your backend. Every event of every station is sent to it in batches of
                CloudEvents, signed per Standard Webhooks, and sent again until it is taken.
              </p>
              <button type="button" class="button" onClick={() => setQuery({ new: true })}>
                Make the first one
              </button>
            </State>
          ) : (
            <Table label="Webhooks" rows={rows} columns={COLUMNS} keyOf={({ webhook }) => webhook.name} />
          )
        }
      </Shown>
      {isAdding && (
        <WebhookForm
          known={null}
          onClose={() => setQuery({ new: null })}
          onDone={() => {
            setQuery({ new: null });
            resource.reload();
          }}
        />
      )}
    </Page>
  );
}
