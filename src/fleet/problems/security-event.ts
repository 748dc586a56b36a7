/**
 * What a station's object tells the fleet of an `ocpp.security` event, by the queue. Must not know who is shown it.
 */
import { fields, number, recordOf, text } from "../../shape.ts";

export interface SecurityEvent {
  stationId: string;
  /** ms since the epoch */
  at: number;
  kind: string;
  /** Texts alone, and short ones: what a station said may be anything. */
  detail: Record<string, string>;
}

export interface SecurityMessage {
  security: SecurityEvent;
}

const SECURITY_MESSAGE = fields({
  security: fields({ stationId: text, at: number, kind: text, detail: recordOf(text) }),
});
export const isSecurityMessage = (body: unknown): body is SecurityMessage => SECURITY_MESSAGE(body) === null;

/** Characters of one, and how many there are. */
const DETAIL_MAX_LENGTH = 200;
const DETAILS_MAX = 8;

/** Nothing of it is more than that. */
export const detailOf = (details: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(details)
      .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
      .slice(0, DETAILS_MAX)
      .map(([name, value]) => [name, String(value).slice(0, DETAIL_MAX_LENGTH)]),
  );
