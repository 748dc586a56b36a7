/**
 * What one socket carries through hibernation, free of charge. Must hold nothing that a crash may not take.
 */
import { log, messageOf } from "../../log.ts";
import { err, type Result } from "../../result.ts";
import { CLOSE_REASONS } from "./close-reasons.ts";
import { ATTACHMENT_VERSION, type Attachment, attachmentOf, type VersionedAttachment } from "./attachment-format.ts";

export function writeAttachment(socket: WebSocket, attachment: Attachment): void {
  const versioned: VersionedAttachment = { version: ATTACHMENT_VERSION, ...attachment };
  socket.serializeAttachment(versioned);
}

/** `null`: it is nobody's socket. Never throws, whatever was left there. */
export function readAttachment(socket: WebSocket): Result<Attachment | null, string> {
  try {
    return attachmentOf(socket.deserializeAttachment());
  } catch (error) {
    return err(messageOf(error));
  }
}

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

/** Nobody's from now on; its station comes back, and begins anew. */
export function closeUnreadable(socket: WebSocket, stationId: string, reason: string): void {
  log("error", "what rode with a socket cannot be read: it is closed", { stationId, reason });
  socket.serializeAttachment(null);
  const { code, reason: word } = CLOSE_REASONS.unreadable;
  closeSocket(socket, code, word);
}
