/**
 * Writes a station's ledger from the frames on its wire. Must not know what they are to prove.
 */
import type { Payload, StationLedger, StationMessage } from "./ledger.ts";

export class StationRecorder {
  readonly ledger: StationLedger;
  readonly #open = new Map<string, StationMessage>();
  readonly #actions = new Map<string, string>();
  readonly #now: () => number;
  #connectedAt = 0;

  constructor(stationId: string, now: () => number = Date.now) {
    this.#now = now;
    this.ledger = { stationId, messages: [], calls: [], refused: [], hastyBoots: [], bootedAs: null };
  }

  /** A new connection: messageIds of the old one mean nothing on it. */
  connected(): void {
    this.#connectedAt = this.#now();
    this.#open.clear();
    this.#actions.clear();
  }

  /** The station wants this message kept. */
  wants(action: string, payload: Payload): StationMessage {
    const message: StationMessage = {
      action,
      payload,
      messageIds: [],
      acknowledged: null,
      acknowledgedAt: 0,
      sentAt: this.#now(),
      connectedAt: 0,
    };
    this.ledger.messages.push(message);
    return message;
  }

  attempt(message: StationMessage, messageId: string): void {
    if (!message.messageIds.includes(messageId)) message.messageIds.push(messageId);
    this.#open.set(messageId, message);
  }

  received(frame: string): void {
    const [type, messageId, ...rest] = JSON.parse(frame) as [number, string, ...unknown[]];
    if (type === 2) {
      const [action, payload] = rest as [string, Payload];
      this.ledger.calls.push({ messageId, action, payload, answers: [], connectedAt: this.#connectedAt });
    }
    if (type === 3) this.#acknowledged(this.#open.get(messageId), rest[0] as Payload);
    if (type === 4) {
      const [code, description] = rest as [string, string];
      this.ledger.refused.push({ action: this.#actions.get(messageId) ?? "", code, description });
    }
  }

  #acknowledged(message: StationMessage | undefined, payload: Payload): void {
    if (message === undefined || message.acknowledged !== null) return;
    message.acknowledged = payload;
    message.acknowledgedAt = this.#now();
    message.connectedAt = this.#connectedAt;
  }

  sent(frame: string): void {
    const [type, messageId, ...rest] = JSON.parse(frame) as [number, string, ...unknown[]];
    if (type === 2) this.#actions.set(messageId, rest[0] as string);
    if (type !== 3 && type !== 4) return;
    const call = this.ledger.calls.findLast((each) => each.messageId === messageId);
    if (call === undefined) return;
    const [code, description] = rest as [string, string];
    call.answers.push(type === 3 ? { payload: rest[0] as Payload } : { error: { code, description } });
  }
}
