/**
 * Writes down every CALL that a station says and what it got for it, beside its ledger. Must not know what that is to prove.
 */
import type { Payload } from "../ledger.ts";
import { StationRecorder } from "../station-recorder.ts";

/** One CALL on the wire; `at` and `answeredAt` are places in all that the station said and heard. */
export interface SaidCall {
  messageId: string;
  action: string;
  payload: Payload;
  at: number;
  /** The CALLRESULT or CALLERROR; `null`: none. */
  answer: unknown[] | null;
  answeredAt: number;
}

export class WireRecorder extends StationRecorder {
  readonly said: SaidCall[] = [];
  /** On this connection, by messageId. */
  readonly #unanswered = new Map<string, SaidCall>();
  #place = 0;

  override connected(): void {
    super.connected();
    this.#unanswered.clear();
  }

  override sent(frame: string): void {
    super.sent(frame);
    const [type, messageId, action, payload] = JSON.parse(frame) as [number, string, string, Payload];
    if (type !== 2) return;
    const said = { messageId, action, payload, at: ++this.#place, answer: null, answeredAt: 0 };
    this.said.push(said);
    this.#unanswered.set(messageId, said);
  }

  override received(frame: string): void {
    super.received(frame);
    const parsed = JSON.parse(frame) as unknown[];
    const messageId = parsed[1] as string;
    const said = parsed[0] === 2 ? undefined : this.#unanswered.get(messageId);
    if (said === undefined) return;
    this.#unanswered.delete(messageId);
    said.answer = parsed;
    said.answeredAt = ++this.#place;
  }
}
