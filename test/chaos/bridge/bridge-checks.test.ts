import { expect, test } from "vitest";
import type { StationCall } from "../ledger.ts";
import { type BridgeLedgers, bridgeChecks } from "./bridge-checks.ts";
import type { CsmsLine } from "./csms-ledger.ts";
import type { SaidCall } from "./wire-recorder.ts";

const said = (n: number, at: number, answer: unknown[] | null, messageId = `m${n}`): SaidCall => ({
  ...{ messageId, action: "StopTransaction", payload: { n }, at, answer, answeredAt: at + 1 },
});
const heard = (n: number, answer: unknown[] | null, messageId = `m${n}`): CsmsLine => ({
  ...{ kind: "call", stationId: "S", socket: "1", messageId, action: "StopTransaction", payload: { n }, answer },
});
const result = (n: number, status: string) => [3, `m${n}`, { idTagInfo: { status } }];
const payload = { vendorId: "chaos", data: "7" };
const ask: CsmsLine = { kind: "ask", stationId: "S", socket: "1", messageId: "c", action: "DataTransfer", payload };
const answer = (frame: unknown[]): CsmsLine => ({ kind: "answer", stationId: "S", socket: "1", messageId: "c", frame });
const received = (messageId: string, data: string): StationCall => ({
  ...{ messageId, action: "DataTransfer", payload, answers: [{ payload: { status: "Accepted", data } }] },
  connectedAt: 0,
});
const OK = [3, "c", { status: "Accepted", data: "7 1" }];

const GOOD: BridgeLedgers = {
  stations: [
    {
      stationId: "S",
      said: [said(1, 1, result(1, "A")), said(2, 3, null), said(2, 5, [3, "again", {}], "again")],
      calls: [received("k1", "7 1")],
    },
  ],
  csms: [heard(1, result(1, "A")), heard(1, result(1, "B")), heard(2, result(2, "A")), ask, answer(OK)],
  views: [{ stationId: "S", online: true, isLinked: true, backlog: 0, queuedCommands: 0 }],
};
const found = (ledgers: BridgeLedgers) =>
  bridgeChecks.flatMap(({ title, find }) => (find(ledgers).length > 0 ? [title] : []));
const station = (more: Partial<BridgeLedgers["stations"][0]>): BridgeLedgers => ({
  ...GOOD,
  stations: GOOD.stations.map((each) => ({ ...each, ...more })),
});
const csms = (...lines: CsmsLine[]): BridgeLedgers => ({ ...GOOD, csms: lines });
const OFFLINE = GOOD.views.map((view) => ({ ...view, online: false }));

test("What came twice and in order, and was answered as the CSMS said, breaks nothing", () => {
  expect(found(GOOD)).toEqual([]);
});

test.each<[string, BridgeLedgers]>([
  ["acknowledged and not delivered to the CSMS", csms(heard(1, result(1, "A")), ask, answer(OK))],
  ["out of order within a station", csms(heard(2, null), heard(1, result(1, "A")), ask, answer(OK))],
  ["CALLs that came to the CSMS and that no station said", csms(...GOOD.csms, heard(2, null, "m1"))],
  ["commands executed twice", station({ calls: [received("k1", "7 1"), received("k2", "7 2")] })],
  ["answers of the CSMS given to the wrong CALL of a station", csms(...GOOD.csms.slice(1))],
  ["CALLs that came to the CSMS and that no station said", csms(...GOOD.csms, heard(3, null))],
  [
    "answers of a station given to the wrong CALL of the CSMS",
    csms(...GOOD.csms.slice(0, -1), answer([3, "c", { status: "Accepted", data: "8 1" }])),
  ],
  ["answers of a station given to the wrong CALL of the CSMS", csms(...GOOD.csms, answer(OK))],
  [
    "answers of a station given to the wrong CALL of the CSMS",
    csms(...GOOD.csms.slice(0, -1), answer([4, "c", "InternalError", "the station is offline", {}])),
  ],
  ["stations not online, not linked or with something waiting", { ...GOOD, views: OFFLINE }],
])("%s are found where they are planted", (title, ledgers) => {
  expect(found(ledgers)).toEqual([title]);
});
