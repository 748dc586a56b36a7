/**
 * What a run with a bridge came to, for people: a table of counts, and of each that is not 0 the first evidence. Must not know how
 * it was found.
 */
import { bridgeChecks } from "./bridge-checks.ts";
import type { BridgeOutcome } from "./run.ts";

const EVIDENCE_MAX = 3;
const EVIDENCE_LENGTH = 4_000;

export function judgeBridge(outcome: BridgeOutcome, killsWanted: number) {
  const { ledgers, kills, faults, waiting, figures } = outcome;
  const counts = bridgeChecks.map(({ title, find }) => ({ title, found: find(ledgers) }));
  const killed = Object.values(kills).reduce((sum, count) => sum + count, 0);
  const rows: [string, number | string][] = [
    [
      "SIGKILLs",
      Object.entries(kills)
        .map(([name, count]) => `${name} ${count}`)
        .join(", "),
    ],
    ...Object.entries(figures),
    ...counts.map(({ title, found }): [string, number] => [title, found.length]),
    ["starts that failed, ends that nobody asked for", faults.length],
    ["settled in time", waiting === null ? "yes" : `no: ${waiting}`],
  ];
  const evidence = counts.flatMap(({ title, found }) =>
    found
      .slice(0, EVIDENCE_MAX)
      .map(
        ({ stationId, what, evidence: shown }) =>
          `${title}: ${stationId}: ${what}\n${JSON.stringify(shown).slice(0, EVIDENCE_LENGTH)}`,
      ),
  );
  return {
    passed:
      waiting === null &&
      faults.length === 0 &&
      killed === killsWanted &&
      counts.every(({ found }) => found.length === 0),
    table: `| | |\n| --- | --- |\n${rows.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}`,
    evidence: [...evidence, ...faults].join("\n\n"),
  };
}
