/**
 * One webhook: what came of its deliveries, what is stuck and why, and what can be done about it. Must not know what is in an event.
 */
import { useState } from "preact/hooks";
import type { Deliveries, Webhook } from "../../../client/kerbside.ts";
import { useResource } from "../../data/resource.ts";
import { go } from "../../data/route.ts";
import { may } from "../../data/session.ts";
import { act } from "../../parts/act.ts";
import { Badge } from "../../parts/badge.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { count } from "../../parts/figure.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Page, useTitle } from "../../parts/page.tsx";
import { Shown } from "../../parts/states.tsx";
import { DeliveryCurve } from "./delivery-curve.tsx";
import { ReplayDialog } from "./replay-dialog.tsx";
import { ReplayState } from "./replay-state.tsx";
import { StuckStations } from "./stuck-stations.tsx";
import { WebhookForm } from "./webhook-form.tsx";
import { bucketsOf, outcomesOf, quantileOf, secondsText, shownBuckets } from "./webhook-health.ts";
import { shortType } from "./webhook-list.tsx";

const EVERY_MS = 5_000;

export function WebhookDetail({ name }: { name: string }) {
  useTitle(name);
  const [open, setOpen] = useState<"none" | "edit" | "replay" | "delete">("none");
  const webhook = useResource(`webhook ${name}`, (client) => client.webhook(name), { everyMs: null });
  const deliveries = useResource(`deliveries ${name}`, (client) => client.deliveries(name), { everyMs: EVERY_MS });
  const replay = useResource(`replay ${name}`, (client) => client.replay(name), { everyMs: EVERY_MS });
  const close = () => setOpen("none");
  return (
    <Page>
      <Shown resource={webhook}>
        {(known) => (
          <>
            <Head webhook={known} onOpen={setOpen} />
            {replay.data !== null && <ReplayState replay={replay.data} />}
            <div class="webhook-figures">
              <section class="panel">
                <header>
                  <h2>Deliveries</h2>
                </header>
                <div class="body">
                  <Shown resource={deliveries}>{(told) => <Figures deliveries={told} />}</Shown>
                </div>
              </section>
              {may("metrics:read") && <DeliveryCurve name={name} />}
            </div>
            <StuckStations name={name} />
            {open === "edit" && (
              <WebhookForm
                known={known}
                onClose={close}
                onDone={() => {
                  close();
                  webhook.reload();
                }}
              />
            )}
            {open === "replay" && (
              <ReplayDialog
                name={name}
                onClose={close}
                onDone={() => {
                  close();
                  replay.reload();
                }}
              />
            )}
            {open === "delete" && <Delete name={name} onClose={close} />}
          </>
        )}
      </Shown>
    </Page>
  );
}

function Head({ webhook, onOpen }: { webhook: Webhook; onOpen: (what: "edit" | "replay" | "delete") => void }) {
  return (
    <section class="panel webhook-head">
      <div class="grow">
        <code class="webhook-url">{webhook.url}</code>
        <div class="line wrap types-told">
          {webhook.types.length === 0 ? (
            <span class="muted small">All events</span>
          ) : (
            webhook.types.map((type) => (
              <Badge key={type} title={type}>
                {shortType(type)}
              </Badge>
            ))
          )}
        </div>
      </div>
      <div class="line wrap">
        <button type="button" class="button" onClick={() => onOpen("replay")}>
          <Icon name="again" size={14} /> Replay…
        </button>
        <button type="button" class="button" onClick={() => onOpen("edit")}>
          Change…
        </button>
        <button type="button" class="button danger" onClick={() => onOpen("delete")}>
          Delete…
        </button>
      </div>
    </section>
  );
}

const WORDS: Readonly<Record<string, string>> = {
  delivered: "Delivered",
  failed: "Failed, to be sent again",
  refused: "Refused by the receiver",
};

function Figures({ deliveries }: { deliveries: Deliveries }) {
  const buckets = bucketsOf(deliveries);
  const { failedShare } = outcomesOf(deliveries);
  const most = Math.max(1, ...buckets.map((each) => each.deliveries));
  if (failedShare === null)
    return (
      <p class="muted">None yet. Stations hand their counts over when they disconnect, and every METRICS_SECONDS.</p>
    );
  return (
    <div class="stack">
      <dl class="outcomes">
        {Object.entries(deliveries.outcomes).map(([outcome, deliveries_]) => (
          <div key={outcome}>
            <dt>{WORDS[outcome] ?? outcome}</dt>
            <dd class={`number ${outcome === "delivered" ? "good" : "bad"}`}>{count(deliveries_)}</dd>
          </div>
        ))}
        {[0.5, 0.95, 0.99].map((share) => (
          <div key={share}>
            <dt>{share * 100} % within</dt>
            <dd class="number">{secondsText(quantileOf(buckets, share), buckets)}</dd>
          </div>
        ))}
      </dl>
      <ul class="buckets" aria-label="Deliveries by how long they took">
        {shownBuckets(buckets).map(({ upTo, deliveries: each }, place) => (
          <li key={upTo}>
            <span class="muted small number">
              {Number.isFinite(upTo) ? secondsText(upTo, []) : `over ${secondsText(buckets[place - 1]?.upTo ?? 0, [])}`}
            </span>
            <span class="bucket">
              <i style={{ width: `${(each / most) * 100}%` }} />
            </span>
            <span class="number small">{count(each)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const Delete = ({ name, onClose }: { name: string; onClose: () => void }) => (
  <Confirm
    title="Delete this webhook?"
    name={name}
    verb="Delete"
    onClose={onClose}
    onConfirm={async () => {
      const acted = await act((client) => client.deleteWebhook(name), `${name} is deleted.`);
      onClose();
      if (acted.kind === "done") go("#/webhooks");
    }}
  >
    <p>
      Nothing more is sent to it, and what waits for it is dropped. One made anew under its name begins with new events.
    </p>
  </Confirm>
);
