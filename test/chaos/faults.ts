/**
 * The faults that a run can have, which of them are chosen, and how often each came. Must not know how any is done.
 */
import { listOf } from "../../src/programs/option-values.ts";

/** What each is, as the final table says it. */
export const FAULTS = {
  kills: "SIGKILL of the front, of workerd, of both",
  lines: "lines that broke, stations that left for a while",
  backends: "requests that the backends failed in spells",
  registrations: "DELETE and PUT of stations in use",
  webhooks: "webhooks that came, went or changed their types",
  sizes: "deliveries refused with 413",
  pauses: "deliveries refused with 429 and Retry-After",
  dead: "requests to a webhook that never takes any",
  flood: "messages of the station that fills the dead webhook's backlog",
  clock: "jumps of the processes' clock by up to 2 h either way",
  rivals: "second starters on the folder",
  ids: "messages under messageIds, transactionIds, times or seqNos of others; boots and what is said right behind",
  "first-starts": "first starts that were killed",
} as const;

export type Fault = keyof typeof FAULTS;
export type Chosen = ReadonlySet<Fault>;

export const ALL_FAULTS = Object.keys(FAULTS) as Fault[];

/** @param only comma-separated; empty: all. @throws an option's refusal where one of the names is none */
export function chosenFaults(only: string, without: string): Chosen {
  const wanted = only === "" ? ALL_FAULTS : listOf("only", only, ALL_FAULTS);
  const unwanted = new Set(without === "" ? [] : listOf("without", without, ALL_FAULTS));
  return new Set(wanted.filter((fault) => !unwanted.has(fault)));
}

/** How often each kind of fault came, so that nobody can take one for tried that never was. */
export class Occurrences {
  readonly #counts = new Map<Fault, number>();
  readonly #details = new Map<Fault, Map<string, number>>();

  count(fault: Fault, detail?: string, times = 1): void {
    this.#counts.set(fault, this.of(fault) + times);
    if (detail === undefined) return;
    const details = this.#details.get(fault) ?? new Map<string, number>();
    details.set(detail, (details.get(detail) ?? 0) + times);
    this.#details.set(fault, details);
  }

  of(fault: Fault): number {
    return this.#counts.get(fault) ?? 0;
  }

  /** For the table: title and number of every fault there is. */
  rows(chosen: Chosen): [string, string][] {
    return ALL_FAULTS.map((fault) => [`fault "${fault}": ${FAULTS[fault]}`, this.#tell(fault, chosen)]);
  }

  /** Those that were to come and never did. */
  missed(chosen: Chosen): Fault[] {
    return ALL_FAULTS.filter((fault) => chosen.has(fault) && this.of(fault) === 0);
  }

  #tell(fault: Fault, chosen: Chosen): string {
    if (!chosen.has(fault)) return "left out";
    const details = Array.from(this.#details.get(fault) ?? [], ([detail, count]) => `${detail} ${count}`);
    return `${this.of(fault)}${details.length === 0 ? "" : ` (${details.join(", ")})`}`;
  }
}
