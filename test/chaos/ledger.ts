/**
 * What was seen from outside: by each station on its wire, by the backends at their doors, by the callers of the API.
 * Must not know the broker, nor judge anything.
 */

export type Payload = Record<string, unknown>;
export type Answer = { payload: Payload } | { error: { code: string; description: string } };

/** A message that a station wants kept, through all its attempts. */
export interface StationMessage {
  action: string;
  payload: Payload;
  /** Of every attempt, in order. */
  messageIds: string[];
  /** The CALLRESULT's payload; `null`: it never got one. */
  acknowledged: Payload | null;
}

/** One CALL of the CSMS as it came to a station: two receipts are two entries. */
export interface StationCall {
  messageId: string;
  action: string;
  payload: Payload;
  /** What the station sent back; twice where it got the CALL twice. */
  answers: Answer[];
}

export interface StationLedger {
  stationId: string;
  messages: StationMessage[];
  calls: StationCall[];
}

export interface SeenEvent {
  id: string;
  sequence: number;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: data of any type of event
  data: any;
  /** The event as it came. */
  text: string;
}

/** One request to a webhook, in the order of their arrival. */
export interface Delivery {
  webhook: string;
  stationId: string;
  events: SeenEvent[];
  /** Whether a 2xx was sent. */
  acknowledged: boolean;
}

export interface CommandRequest {
  key: string;
  stationId: string;
  action: string;
  retry: "never" | "if-unsent" | "always";
  /** The ids that came back for this key. */
  commandIds: string[];
}

/** A command as the API tells it in the end. */
export interface CommandView {
  commandId: string;
  stationId: string;
  action: string;
  state: string;
  payload?: Payload;
  error?: { code: string; description: string; origin?: string };
}

export interface StationView {
  stationId: string;
  online: boolean;
  queuedEvents: number;
  queuedCommands: number;
}

export interface Ledgers {
  stations: StationLedger[];
  deliveries: Delivery[];
  requests: CommandRequest[];
  commands: CommandView[];
  views: StationView[];
  /** The types a webhook takes; empty: all. */
  webhooks: Record<string, string[]>;
}

/** What every attempt of a message has in common, whatever its messageId: times and meters make it unique. */
export const contentOf = (action: string, payload: Payload): string => `${action} ${JSON.stringify(payload)}`;

const TRANSACTIONAL = ["StartTransaction", "StopTransaction", "TransactionEvent"];
export const isTransactional = ({ action }: { action: string }): boolean => TRANSACTIONAL.includes(action);

/** Writes a station's ledger from the frames on its wire. */
export class StationRecorder {
  readonly ledger: StationLedger;
  readonly #open = new Map<string, StationMessage>();

  constructor(stationId: string) {
    this.ledger = { stationId, messages: [], calls: [] };
  }

  /** The station wants this message kept. */
  wants(action: string, payload: Payload): StationMessage {
    const message: StationMessage = { action, payload, messageIds: [], acknowledged: null };
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
      this.ledger.calls.push({ messageId, action, payload, answers: [] });
    }
    const message = type === 3 ? this.#open.get(messageId) : undefined;
    if (message !== undefined) message.acknowledged ??= rest[0] as Payload;
  }

  sent(frame: string): void {
    const [type, messageId, ...rest] = JSON.parse(frame) as [number, string, ...unknown[]];
    if (type !== 3 && type !== 4) return;
    const call = this.ledger.calls.findLast((each) => each.messageId === messageId);
    if (call === undefined) return;
    const [code, description] = rest as [string, string];
    call.answers.push(type === 3 ? { payload: rest[0] as Payload } : { error: { code, description } });
  }
}
