/**
 * What the way to a CSMS by link and bridge promises, as pure functions over what stations and CSMS wrote down: each gives what breaks
 * it, with the evidence. Must not know how the ledgers were come by.
 */
import type { Violation } from "../checks.ts";
import { contentOf, type StationCall } from "../ledger.ts";
import { numberIn } from "./commands.ts";
import type { AskedCall, CsmsLine, HeardAnswer, HeardCall } from "./csms-ledger.ts";
import type { SaidCall } from "./wire-recorder.ts";

export interface BridgeStation {
  stationId: string;
  said: SaidCall[];
  /** CALLs of the CSMS that came to it. */
  calls: StationCall[];
}

/** A station in the end, as Kerbside and the CSMS have it. */
export interface BridgeView {
  stationId: string;
  online: boolean;
  isLinked: boolean;
  backlog: number;
  queuedCommands: number;
}

export interface BridgeLedgers {
  stations: BridgeStation[];
  /** All that the CSMS wrote, in its order. */
  csms: CsmsLine[];
  views: BridgeView[];
}

export interface BridgeCheck {
  title: string;
  find(ledgers: BridgeLedgers): Violation[];
}

export const bridgeChecks: readonly BridgeCheck[] = [
  { title: "acknowledged and not delivered to the CSMS", find: undelivered },
  { title: "out of order within a station", find: disordered },
  { title: "CALLs that came to the CSMS and that no station said", find: invented },
  { title: "commands executed twice", find: executedTwice },
  { title: "answers of the CSMS given to the wrong CALL of a station", find: misanswered },
  { title: "answers of a station given to the wrong CALL of the CSMS", find: misdirected },
  { title: "stations not online, not linked or with something waiting", find: unsettled },
];

/** What one station said, all attempts of a message together. */
interface Message {
  said: SaidCall[];
  firstAt: number;
  /** Infinite: never. */
  acknowledgedAt: number;
  /** The place of its first arrival at the CSMS; infinite: it never came. */
  arrivedAt: number;
}

const keyOf = ({ action, payload }: { action: string; payload: SaidCall["payload"] }) => contentOf(action, payload);
const isAcknowledged = ({ answer }: SaidCall) => answer?.[0] === 3;

const linesOf = <Kind extends CsmsLine["kind"]>({ csms }: BridgeLedgers, kind: Kind) =>
  Map.groupBy(
    csms.filter((line): line is Extract<CsmsLine, { kind: Kind }> => line.kind === kind),
    ({ stationId }) => stationId,
  );

function messagesOf({ said }: BridgeStation, heard: readonly HeardCall[]): Message[] {
  const arrivals = new Map<string, number>();
  heard.forEach((call, place) => {
    const key = keyOf(call);
    if (!arrivals.has(key)) arrivals.set(key, place);
  });
  const own = said.filter(({ action }) => action !== "Heartbeat");
  return Array.from(Map.groupBy(own, keyOf), ([key, same]) => ({
    said: same,
    firstAt: Math.min(...same.map(({ at }) => at)),
    acknowledgedAt: Math.min(...same.filter(isAcknowledged).map(({ answeredAt }) => answeredAt)),
    arrivedAt: arrivals.get(key) ?? Number.POSITIVE_INFINITY,
  }));
}

const byStation = (
  ledgers: BridgeLedgers,
  find: (station: BridgeStation, heard: HeardCall[]) => Omit<Violation, "stationId">[],
): Violation[] => {
  const heard = linesOf(ledgers, "call");
  return ledgers.stations.flatMap((station) =>
    find(station, heard.get(station.stationId) ?? []).map((each) => ({ stationId: station.stationId, ...each })),
  );
};

function undelivered(ledgers: BridgeLedgers): Violation[] {
  return byStation(ledgers, (station, heard) =>
    messagesOf(station, heard)
      .filter(({ acknowledgedAt, arrivedAt }) => Number.isFinite(acknowledgedAt) && !Number.isFinite(arrivedAt))
      .map(({ said }) => ({ what: "the CSMS never heard it", evidence: said })),
  );
}

/** What was acknowledged before another was first said comes first. */
function disordered(ledgers: BridgeLedgers): Violation[] {
  return byStation(ledgers, (station, heard) => {
    const messages = messagesOf(station, heard)
      .filter(({ arrivedAt }) => Number.isFinite(arrivedAt))
      .sort((a, b) => a.arrivedAt - b.arrivedAt);
    return messages.flatMap((early, index) => {
      const late = messages.slice(index + 1).find(({ acknowledgedAt }) => acknowledgedAt < early.firstAt);
      if (late === undefined) return [];
      const around = heard.slice(Math.max(early.arrivedAt - 5, 0), late.arrivedAt + 3);
      return [{ what: "it came before what was acknowledged before", evidence: [early.said, late.said, around] }];
    });
  });
}

/** Under its own id, or where that is another's that was not answered, under one that is nobody's. */
function invented(ledgers: BridgeLedgers): Violation[] {
  return byStation(ledgers, ({ said }, heard) => {
    const known = Map.groupBy(said, keyOf);
    const ids = new Set(said.map(({ messageId }) => messageId));
    return heard
      .filter((call) => {
        const own = known.get(keyOf(call));
        return own === undefined || (ids.has(call.messageId) && own.every((each) => each.messageId !== call.messageId));
      })
      .map((call) => ({ what: "no CALL of the station under that id", evidence: call }));
  });
}

function executedTwice({ stations }: BridgeLedgers): Violation[] {
  return stations.flatMap(({ stationId, calls }) => {
    const own = calls.filter(({ action, payload }) => numberIn(action, payload) !== null);
    return [...Map.groupBy(own, ({ action, payload }) => numberIn(action, payload)).values()]
      .filter((same) => same.length > 1)
      .map((same) => ({ stationId, what: `it came ${same.length} times`, evidence: same }));
  });
}

/** What stands in for a CSMS that is down, as the edge says it. */
function isStandIn({ action, answer }: SaidCall): boolean {
  const [type, , said] = answer as [number, string, unknown];
  // Beside a CSMS that is down, what is said before a boot was accepted.
  if (type === 4) return said === "InternalError" || said === "SecurityError";
  const { status } = said as { status?: string };
  if (action === "BootNotification") return status === "Pending";
  return JSON.stringify(said) === "{}";
}

/** The frame without its id: what was asked on a line that is gone is answered on the next under another. */
const bodyOf = ([type, , ...rest]: unknown[]): string => JSON.stringify([type, ...rest.slice(0, 2)]);

function misanswered(ledgers: BridgeLedgers): Violation[] {
  return byStation(ledgers, ({ said }, heard) => {
    const given = new Map<string, Set<string>>();
    for (const call of heard) {
      if (call.answer === null) continue;
      const key = keyOf(call);
      const all = given.get(key) ?? new Set();
      given.set(key, all.add(bodyOf(call.answer)));
    }
    return said
      .filter((each) => each.answer !== null && each.action !== "Heartbeat" && !isStandIn(each))
      .filter((each) => !given.get(keyOf(each))?.has(bodyOf(each.answer as unknown[])))
      .map((each) => ({
        what: "the CSMS never said that to it",
        evidence: [each, heard.filter((call) => keyOf(call) === keyOf(each) || call.messageId === each.messageId)],
      }));
  });
}

function misdirected(ledgers: BridgeLedgers): Violation[] {
  const [asked, answers] = [linesOf(ledgers, "ask"), linesOf(ledgers, "answer")];
  return ledgers.stations.flatMap(({ stationId, calls }) => {
    const lineOf = ({ socket, messageId }: AskedCall | HeardAnswer) => `${socket} ${messageId}`;
    const open = new Map((asked.get(stationId) ?? []).map((ask) => [lineOf(ask), ask]));
    const came = Map.groupBy(calls, ({ action, payload }) => numberIn(action, payload));
    return (answers.get(stationId) ?? []).flatMap((answer) => {
      const ask = open.get(lineOf(answer));
      const what = ask === undefined ? "an answer to no CALL, or a second one" : wrongWith(answer, ask, came);
      open.delete(lineOf(answer));
      return what === null
        ? []
        : [{ stationId, what, evidence: [answer, ask, ask && came.get(numberIn(ask.action, ask.payload))] }];
    });
  });
}

function wrongWith({ frame }: HeardAnswer, ask: AskedCall, came: Map<string | null, StationCall[]>): string | null {
  const receipts = came.get(numberIn(ask.action, ask.payload)) ?? [];
  const [type, , code, description] = frame as [number, string, unknown, string];
  const said = receipts.flatMap(({ answers }) => answers);
  if (type === 3) {
    const isSaid = said.some((each) => "payload" in each && JSON.stringify(each.payload) === JSON.stringify(code));
    return isSaid ? null : "the station never said that to it";
  }
  // A refusal by the edge names no station.
  if (!description.startsWith("refused by")) return receipts.length === 0 ? null : "refused, and the station got it";
  return said.some((each) => "error" in each) ? null : "the station never refused it";
}

function unsettled({ views }: BridgeLedgers): Violation[] {
  return views
    .filter((view) => !view.online || !view.isLinked || view.backlog > 0 || view.queuedCommands > 0)
    .map((view) => ({ stationId: view.stationId, what: "it is not as before the first kill", evidence: view }));
}
