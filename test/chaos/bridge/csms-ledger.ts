/**
 * What the CSMS writes down of what it hears and says, a line each, before it acts on it: a SIGKILL leaves it as it is. Must not
 * know sockets, nor judge anything.
 */
import { openSync, readFileSync, writeSync } from "node:fs";
import type { Payload } from "../ledger.ts";

/** A CALL of a station and the frame that it gets; `null`: none. */
export interface HeardCall {
  kind: "call";
  stationId: string;
  /** The socket, by a name of its own over all starts. */
  socket: string;
  messageId: string;
  action: string;
  payload: Payload;
  answer: unknown[] | null;
}

/** A CALL of the CSMS. */
export interface AskedCall {
  kind: "ask";
  stationId: string;
  socket: string;
  messageId: string;
  action: string;
  payload: Payload;
}

/** What came back under the messageId of a CALL of the CSMS. */
export interface HeardAnswer {
  kind: "answer";
  stationId: string;
  socket: string;
  messageId: string;
  frame: unknown[];
}

export type CsmsLine = HeardCall | AskedCall | HeardAnswer;

export class CsmsLedger {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  /** Once it returns the line outlives this process. */
  write(line: CsmsLine): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

/** All lines, in their order; one that a kill cut off was never acted on. */
export function readLedger(path: string): CsmsLine[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((text) => {
      try {
        return [JSON.parse(text) as CsmsLine];
      } catch {
        return [];
      }
    });
}
