/**
 * What a run came to, for people: a table of counts, and of each count that is not 0 the first evidence.
 * Must not know how it was found.
 */
import { allChecks, twins, type Violation } from "./checks.ts";
import type { Outcome } from "./run.ts";

const EVIDENCE_MAX = 3;
const EVIDENCE_LENGTH = 4_000;

export interface Verdict {
  passed: boolean;
  table: string;
  evidence: string;
}

export function judge(outcome: Outcome, killsWanted: number): Verdict {
  const { ledgers, chosen, occurrences, kills, failedStarts, settled, figures } = outcome;
  const counts: [string, Violation[]][] = allChecks.map(({ title, find }) => [title, find(ledgers)]);
  const failures = failedStarts.map((text) => ({ stationId: "-", what: "the edge did not start", evidence: text }));
  counts.push(["starts of the edge that failed", failures]);
  const missed = occurrences.missed(chosen);
  const rest = twins(ledgers, ({ action }) => action === "MeterValues");
  const rows: [string, number | string][] = [
    ...occurrences.rows(chosen),
    ...Object.entries(figures),
    ["of no consequence: MeterValues that were said twice and kept twice", rest.length],
    ...counts.map(([title, found]): [string, number] => [title, found.length]),
    ["settled in time", settled ? "yes" : "no"],
    ["faults that were to come and never did", missed.join(", ") || "none"],
  ];
  const evidence = counts.flatMap(([title, found]) => found.slice(0, EVIDENCE_MAX).map((each) => show(title, each)));
  return {
    passed:
      settled &&
      missed.length === 0 &&
      kills === (chosen.has("kills") ? killsWanted : 0) &&
      counts.every(([, found]) => found.length === 0),
    table: `| | |\n| --- | --- |\n${rows.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}`,
    evidence: evidence.join("\n\n"),
  };
}

function show(title: string, { stationId, what, evidence }: Violation): string {
  return `${title}: ${stationId}: ${what}\n${JSON.stringify(evidence, null, 1).slice(0, EVIDENCE_LENGTH)}`;
}
