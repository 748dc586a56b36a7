/**
 * What one socket carries through hibernation, free of charge. Must hold nothing that a crash may not take.
 */
import type { FrameRate } from "../../ocpp/frame-rate.ts";
import type { DurableSession } from "../../ocpp/session.ts";
import type { Acknowledged } from "../storage/carried-acknowledgements.ts";
import type { ConnectionFacts } from "../storage/store.ts";

export interface Attachment {
  connection: ConnectionFacts;
  session: DurableSession;
  /** ms since the epoch */
  lastMessageAt: number;
  /** ms since the epoch of the last message at the last look that found somebody; 0: there was none. */
  presenceCheckedAt: number;
  /** No alarm looks for it: nothing was heard on it yet of a station that never booted here, nor was it called. */
  unwatched?: boolean;
  /** What webhooks have acknowledged since the last row that says so; absent in sockets of older releases. */
  acknowledged?: Acknowledged;
  /** Only where much of it is used up; absent: it is full. */
  rate?: FrameRate;
}

export const writeAttachment = (socket: WebSocket, attachment: Attachment): void =>
  socket.serializeAttachment(attachment);

export const readAttachment = (socket: WebSocket): Attachment | null =>
  socket.deserializeAttachment() as Attachment | null;

/** [RFC 6455 §7.4.2] The last code there is; the platform throws on any above, and what was not closed stays open. */
const CLOSE_CODE_MAX = 4_999;

/** Closes as the platform allows: it throws on codes that are not for the wire and on reasons over 123 bytes. */
export function closeSocket(socket: WebSocket, received: number, reason: string): void {
  const code = Math.min(received, CLOSE_CODE_MAX);
  try {
    if (code === 1000 || (code >= 1001 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || code >= 3000) {
      socket.close(code, reason.slice(0, 40));
    } else socket.close();
  } catch {
    // Closed already: what was wanted.
  }
}
