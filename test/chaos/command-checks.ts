/**
 * What commands promise: executed once, and never in a state that the station's own ledger contradicts.
 * Must not know how the ledgers were come by.
 */
import type { Check, Violation } from "./checks.ts";
import { wasForgotten } from "./deregistered.ts";
import type { CommandRequest, CommandView, Ledgers, StationCall } from "./ledger.ts";

export const commandChecks: readonly Check[] = [
  { title: "commands executed twice without `retry: always`", find: executedTwice },
  { title: "commands in a state that contradicts the station", find: contradicted },
  { title: "commands that have not ended", find: unfinished },
  { title: "idempotency keys that made two commands", find: twoForOne },
  { title: "command events that contradict the API", find: eventContradicts },
];

const ENDED = ["result", "error", "timeout", "expired", "cancelled"];
/** In these nothing was sent, so the station must have seen nothing. */
const NEVER_SENT = ["expired", "cancelled"];

/** Of a silent station, before it is taken for gone: nobody's command. */
const ASKED_BY_THE_EDGE = "TriggerMessage";

/** The key that a caller wrote into its DataTransfer. */
const keyOf = ({ action, payload }: StationCall): string | null =>
  action === "DataTransfer" && typeof payload.data === "string" ? payload.data : null;

function executedTwice(ledgers: Ledgers): Violation[] {
  const { stations, requests } = ledgers;
  const byKey = new Map(requests.map((request) => [request.key, request]));
  const byId = new Map(requests.flatMap((request) => request.commandIds.map((id) => [id, request] as const)));
  // A key that is sent again to a new registration is a new one there.
  const mayRepeat = (request: CommandRequest | undefined) =>
    request?.retry === "always" ||
    (request !== undefined && wasForgotten(ledgers, request.stationId, request.from, request.until));
  return stations.flatMap(({ stationId, calls }) => {
    const repeated = (name: string, groups: Map<string | null, StationCall[]>, find: (id: string) => boolean) =>
      Array.from(groups, ([id, receipts]) => ({ id, receipts }))
        .filter(({ id, receipts }) => id !== null && receipts.length > 1 && !find(id))
        .map(({ id, receipts }) => ({
          stationId,
          what: `${name} ${id} came ${receipts.length} times`,
          evidence: receipts,
        }));
    return [
      ...repeated(
        "messageId",
        Map.groupBy(calls, ({ messageId }) => messageId),
        (id) => byId.get(id)?.retry === "always",
      ),
      ...repeated("key", Map.groupBy(calls, keyOf), (key) => mayRepeat(byKey.get(key))),
    ];
  });
}

function contradicted({ stations, commands }: Ledgers): Violation[] {
  const seen = new Map(
    stations.map(({ stationId, calls }) => [stationId, Map.groupBy(calls, ({ messageId }) => messageId)]),
  );
  return commands.flatMap((command) => {
    const receipts = seen.get(command.stationId)?.get(command.commandId) ?? [];
    const what = contradiction(command, receipts);
    return what === null ? [] : [{ stationId: command.stationId, what, evidence: { command, receipts } }];
  });
}

function contradiction(command: CommandView, receipts: readonly StationCall[]): string | null {
  const answers = receipts.flatMap(({ answers }) => answers);
  if (command.state === "result") {
    const payload = JSON.stringify(command.payload);
    const sent = answers.some((answer) => "payload" in answer && JSON.stringify(answer.payload) === payload);
    return sent ? null : "a result that the station never sent";
  }
  if (command.state === "error") {
    const { code, origin } = command.error ?? { code: "", origin: "station" };
    const sent = answers.some((answer) =>
      origin === "edge" ? "payload" in answer : "error" in answer && answer.error.code === code,
    );
    return sent ? null : "an error that the station never sent";
  }
  if (NEVER_SENT.includes(command.state) && receipts.length > 0) return `${command.state}, and the station got it`;
  return null;
}

function unfinished(ledgers: Ledgers): Violation[] {
  const { commands, requests, stations } = ledgers;
  const known = new Set(commands.map(({ commandId }) => commandId));
  const promised = requests.flatMap(({ stationId, commandIds, from }) =>
    commandIds.map((id) => ({ stationId, id, from })),
  );
  const sent = stations.flatMap(({ stationId, calls }) =>
    calls
      .filter(({ action }) => action !== ASKED_BY_THE_EDGE)
      .map(({ messageId, connectedAt }) => ({ stationId, id: messageId, from: connectedAt })),
  );
  return [
    ...commands
      .filter(({ state }) => !ENDED.includes(state))
      .map((command) => ({ stationId: command.stationId, what: `still ${command.state}`, evidence: command })),
    ...[...promised, ...sent]
      .filter(({ id, stationId, from }) => !known.has(id) && !wasForgotten(ledgers, stationId, from))
      .map((each) => ({
        stationId: each.stationId,
        what: "the API knows it no more",
        evidence: { ...each, ends: ledgers.deregistrations.filter(({ stationId }) => stationId === each.stationId) },
      })),
  ];
}

function twoForOne(ledgers: Ledgers): Violation[] {
  return ledgers.requests
    .filter(({ commandIds }) => new Set(commandIds).size > 1)
    .filter(({ stationId, from, until }) => !wasForgotten(ledgers, stationId, from, until))
    .map((request) => ({ stationId: request.stationId, what: "two ids for one key", evidence: request }));
}

/** The newest event of a command is what the API says of it. */
function eventContradicts({ deliveries, commands, webhooks }: Ledgers): Violation[] {
  const [everything] = Object.keys(webhooks).filter((name) => webhooks[name]?.length === 0);
  const newest = new Map<string, { sequence: number; view: CommandView }>();
  for (const { webhook, acknowledged, events } of deliveries) {
    if (webhook !== everything || !acknowledged) continue;
    for (const { type, data, sequence } of events) {
      if (type !== "ocpp.command.completed") continue;
      const before = newest.get(data.commandId);
      if (before === undefined || before.sequence < sequence) newest.set(data.commandId, { sequence, view: data });
    }
  }
  return commands
    .filter(({ state }) => ENDED.includes(state))
    .filter((command) => JSON.stringify(newest.get(command.commandId)?.view) !== JSON.stringify(command))
    .map((command) => ({
      stationId: command.stationId,
      what: "its newest event says something else",
      evidence: { command, event: newest.get(command.commandId) ?? null },
    }));
}
