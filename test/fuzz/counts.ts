/**
 * What came of an attack, and what of it must never be. Must not know what the attack consists of.
 */
import { type Answers, faultOf } from "./answers.ts";

/** Examples that are kept of each fault. */
const EXAMPLES_MAX = 20;

export class Faults {
  count = 0;
  readonly examples: string[] = [];

  add(example: string): void {
    this.count++;
    if (this.examples.length < EXAMPLES_MAX) this.examples.push(example);
  }
}

export class AttackCounts {
  sent = 0;
  admitted = 0;
  /** Connections that ended, or were given up, without an answer. */
  unanswered = 0;
  /** Certificates that OpenSSL itself would not load, at the client; not among the sent. */
  unloadable = 0;
  readonly byStatus = new Map<number, number>();
  readonly byKind = new Map<string, number>();
  readonly wrongAdmissions = new Faults();
  /** Of those that were as good as any. */
  readonly refusedGood = new Faults();
  /** Errors that are no problem+json, and 500 or 502. */
  readonly oddErrors = new Faults();
  readonly noHttp = new Faults();

  /** @param example for whoever is to find out why */
  answered({ answers, rest }: Answers, isOver: boolean, example: () => string): void {
    if (answers.length === 0) this.unanswered++;
    for (const answer of answers) {
      this.byStatus.set(answer.status, (this.byStatus.get(answer.status) ?? 0) + 1);
      if (answer.status === 101) this.admitted++;
      const fault = faultOf(answer);
      if (fault !== null) this.oddErrors.add(`${fault} for ${example()}`);
    }
    // What is no whole answer yet may have been given up by this side.
    const isCut = !isOver && /^HTTP\/1\.1 |^H?T?T?P?\/?1?\.?1?$/.test(rest);
    if (rest !== "" && !isCut) this.noHttp.add(`${JSON.stringify(rest.slice(0, 200))} for ${example()}`);
  }

  ofKind(kind: string): void {
    this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + 1);
  }

  /** What must be empty. */
  get violations(): Record<string, Faults> {
    const { wrongAdmissions, refusedGood, oddErrors, noHttp } = this;
    return {
      "wrong admissions": wrongAdmissions,
      "good ones that were refused": refusedGood,
      "errors that are no problem+json, 500, 502": oddErrors,
      "answers that are no HTTP": noHttp,
    };
  }
}
