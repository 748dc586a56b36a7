/**
 * What rides with the CSMS's own socket through hibernation. Must not know what is said on it, nor throw.
 */
import type { LinkQuestion } from "../../ocpp/link.ts";
import { closeSocket } from "../connection/attachment.ts";
import { CLOSE_REASONS } from "../connection/close-reasons.ts";
import type { LinkProgress } from "./next-event.ts";
import { type Bound, boundLabels } from "../object/bound-labels.ts";
import { LINK_TAG } from "../object/socket-tags.ts";
import { fields, flag, isRecord, listOf, nullable, number, optional, record, text, time } from "../../shape.ts";

/** As for the station's attachment: raised only where a release before would misread what is written. */
const VERSION = 1;
/** Characters of a question that may ride with the socket: 16,384 bytes is the platform's bound, two a character. */
export const QUESTION_MAX_LENGTH = 4_000;

export interface LinkAttachment extends LinkProgress, Bound {
  id: string;
  /** ms since the epoch */
  since: number;
  /** What it was told last of the station. */
  told: string;
  /** Absent: there is none, or it is too large and in a row. */
  question?: LinkQuestion;
}

const ATTACHMENT = fields({
  version: number,
  id: text,
  since: time,
  told: text,
  labels: boundLabels,
  open: nullable(fields({ messageId: text, sequence: nullable(number), at: number })),
  question: optional(
    fields({ call: record, askedAs: text, protocol: text, connectionId: text, deadline: number, timeoutMs: number }),
  ),
  answered: optional(text),
  passed: optional(
    fields({
      ...{ to: number, isWhole: flag },
      ...{ first: optional(number), told: optional(number), at: optional(number), ignored: optional(number) },
    }),
  ),
  abandoned: optional(listOf(fields({ messageId: text, what: text }))),
});

export const writeLink = (socket: WebSocket, attachment: LinkAttachment): void =>
  socket.serializeAttachment({ version: VERSION, ...attachment });

/** The link as the object left it when it slept; `null`: there is none. One that cannot be read is closed, and comes again. */
export function leftLink(object: DurableObjectState): (LinkAttachment & { socket: WebSocket }) | null {
  for (const socket of object.getWebSockets(LINK_TAG)) {
    const attachment = readLink(socket);
    if (attachment === null) continue;
    if (attachment !== undefined) return { ...attachment, socket };
    socket.serializeAttachment(null);
    closeSocket(socket, CLOSE_REASONS.unreadable.code, CLOSE_REASONS.unreadable.reason);
  }
  return null;
}

/** `null`: it is nobody's, `undefined`: what was left there cannot be read. */
function readLink(socket: WebSocket): LinkAttachment | null | undefined {
  try {
    const left: unknown = socket.deserializeAttachment();
    if (left === null) return null;
    if (!isRecord(left) || left.version !== VERSION || ATTACHMENT(left) !== null) return undefined;
    const { version: _, ...attachment } = left;
    return attachment as unknown as LinkAttachment;
  } catch {
    return undefined;
  }
}
