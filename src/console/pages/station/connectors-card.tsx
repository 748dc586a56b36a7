/**
 * A station's connectors, or EVSEs, with what they say and the transactions that run there. Must not know where those are known from.
 */
import type { Connector, StationView } from "../../../client/views.ts";
import { Badge, Dot } from "../../parts/badge.tsx";
import { Time } from "../../parts/time.tsx";
import type { Transaction } from "../../tail/transactions.ts";
import { connectorTone } from "./words.ts";

export interface ConnectorsCardProps {
  view: StationView;
  /** `null`: nobody may see the messages that tell of them. */
  transactions: readonly Transaction[] | null;
}

export function ConnectorsCard({ view, transactions }: ConnectorsCardProps) {
  const { connectors = [], evses } = view;
  const running = transactions ?? [];
  const is2x = evses !== undefined && evses.length > 0;
  const places = is2x
    ? evses.map(({ evseId, connectors }) => ({ id: evseId, connectors }))
    : connectors.map((connector) => ({ id: connector.connectorId, connectors: [connector] }));
  const elsewhere = running.filter(({ place }) => !places.some(({ id }) => id === place));
  return (
    <section class="panel" aria-label={is2x ? "EVSEs" : "Connectors"}>
      <header>
        <h2>{is2x ? "EVSEs" : "Connectors"}</h2>
        {running.length > 0 && (
          <Badge tone="good">{running.length === 1 ? "1 transaction" : `${running.length} transactions`}</Badge>
        )}
      </header>
      <ul class="connectors">
        {places.length === 0 && elsewhere.length === 0 && <li class="muted">It has said nothing of them yet.</li>}
        {places.map(({ id, connectors }) => (
          <li key={id}>
            <span class="place number">{id}</span>
            <div class="stack tight">
              {connectors.map((connector) => (
                <Status key={connector.connectorId} connector={connector} isNamed={is2x} isOnline={view.online} />
              ))}
              {running
                .filter(({ place }) => place === id)
                .map((transaction) => (
                  <Running key={transaction.transactionId} transaction={transaction} />
                ))}
            </div>
          </li>
        ))}
        {elsewhere.map((transaction) => (
          <li key={transaction.transactionId}>
            <span class="place">?</span>
            <Running transaction={transaction} />
          </li>
        ))}
      </ul>
      {transactions === null && <p class="muted small under">Transactions: your key lacks the scope messages:read.</p>}
    </section>
  );
}

function Status({ connector, isNamed, isOnline }: { connector: Connector; isNamed: boolean; isOnline: boolean }) {
  const { connectorId, status, errorCode, timestamp } = connector;
  const isFaulty = errorCode !== undefined && errorCode !== "NoError" && errorCode !== "";
  return (
    <div class="line wrap">
      <Dot tone={isOnline ? connectorTone(status, errorCode) : "off"} label={status} />
      <span>
        {connectorId === 0 ? "The station: " : isNamed ? `Connector ${connectorId}: ` : ""}
        <b>{status}</b>
      </span>
      {isFaulty && <Badge tone="bad">{errorCode}</Badge>}
      {timestamp !== undefined && (
        <span class="muted small">
          <Time at={timestamp} />
        </span>
      )}
    </div>
  );
}

const Running = ({ transaction }: { transaction: Transaction }) => {
  const { transactionId, since, chargingState, energyWh, powerW } = transaction;
  return (
    <div class="line wrap small" title="By the messages that the log still has">
      <span class="clip">
        Transaction <code>{transactionId}</code>
      </span>
      {chargingState !== null && <span>{chargingState}</span>}
      {energyWh !== null && <span class="number">{kilo(energyWh, "Wh")}</span>}
      {powerW !== null && <span class="number">{kilo(powerW, "W")}</span>}
      <span class="muted">{since === null ? "began earlier" : <Time at={since} />}</span>
    </div>
  );
};

const kilo = (value: number, unit: string): string =>
  Math.abs(value) < 1_000 ? `${Math.round(value)} ${unit}` : `${(value / 1_000).toFixed(1)} k${unit}`;
