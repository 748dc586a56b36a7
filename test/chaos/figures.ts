/**
 * What a run amounted to, in numbers for the table. Must not judge them.
 */
import type { Backend } from "./backend.ts";
import type { Caller } from "./callers.ts";
import type { Delivery, Ledgers } from "./ledger.ts";
import type { ChaosStation } from "./station.ts";

export function figuresOf(
  stations: ChaosStation[],
  callers: Caller[],
  backend: Backend,
  ledgers: Ledgers,
  edgeStarts: number,
) {
  const messages = stations.flatMap(({ recorder }) => recorder.ledger.messages);
  const outcomes = Map.groupBy(ledgers.commands, ({ state }) => state);
  const took = ledgers.health.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(Math.floor(took.length * share), took.length - 1)] ?? 0;
  const deletes = ledgers.deregistrations.flatMap(({ tookMs }) => tookMs);
  return {
    "edge starts": edgeStarts,
    "requests to the backends, of which failed on purpose": `${backend.requests}, ${backend.failures}`,
    "messages of stations, attempts": `${messages.length}, ${messages.reduce((sum, { messageIds }) => sum + messageIds.length, 0)}`,
    "deliveries, acknowledged": `${ledgers.deliveries.length}, ${ledgers.deliveries.filter(({ acknowledged }) => acknowledged).length}`,
    "a Retry-After that was told, of which unread": told(ledgers.deliveries),
    "commands asked for": callers.reduce((sum, { requests }) => sum + requests.length, 0),
    "commands by state": Array.from(outcomes, ([state, list]) => `${state} ${list.length}`).join(", "),
    "CALLs of the CSMS that stations saw": stations.reduce(
      (sum, { recorder }) => sum + recorder.ledger.calls.length,
      0,
    ),
    "DELETEs answered, the slowest": `${deletes.length}, ${Math.max(0, ...deletes)} ms`,
    "looks at /healthz, p50, p99, the slowest (with those while it was down)": `${took.length}, ${at(0.5)} ms, ${at(0.99)} ms, ${at(1)} ms`,
    "processes in the calm, the busiest second": ledgers.idle
      .map(({ name, shares }) => `${name} ${Math.round(100 * Math.max(0, ...shares))} %`)
      .join(", "),
  };
}

function told(deliveries: readonly Delivery[]): string {
  const all = deliveries.filter(({ retryAfterMs }) => retryAfterMs !== undefined);
  return `${all.length}, ${all.filter(({ isUnread }) => isUnread).length}`;
}
