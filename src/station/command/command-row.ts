/**
 * A command as its row has it, whichever release wrote that. Must not know where rows are kept, nor throw.
 */
import { parseJson } from "../../json.ts";
import { fields, nullable, number, optional, record, text, time } from "../../shape.ts";
import type { Outcome } from "../../ocpp/session.ts";

export type CommandState = "queued" | "sent" | "result" | "error" | "timeout" | "expired" | "cancelled";

/**
 * After a connection broke: `never` and `if-unsent` send only what surely was not sent, `always` also what may have
 * been, under the same messageId.
 */
export const RETRIES = ["never", "if-unsent", "always"] as const;
export type Retry = (typeof RETRIES)[number];

/** Read by releases before and after: what is added is optional. */
export interface Command {
  id: string;
  action: string;
  payload: Record<string, unknown>;
  state: CommandState;
  outcome: Outcome | null;
  createdAt: number;
  sentAt: number | null;
  completedAt: number | null;
  timeoutMs: number;
  /** ms since the epoch: unsent by then, it expires. */
  expiresAt: number;
  /** ms that it may be queued at all; absent in commands of older releases: as long as any. */
  waitMs?: number;
  /** Whether it stays queued without a connection. */
  keepOffline: boolean;
  retry: Retry;
  idempotencyKey: string | null;
  /** Of the request, to tell a repetition from another use of its key. */
  bodyDigest: string | null;
  /** Of a CALL of the CSMS's link. */
  linkMessageId?: string;
  /** The link that is answered; absent in commands of older releases. */
  linkId?: string;
  /** Who asked for it; absent in commands of older releases. */
  actor?: string;
  /** Of the campaign that is told what becomes of it. */
  campaignId?: string;
  /** Of its payload, nobody's to read: gone with its end, when "" says that there was one. */
  secret?: string;
}

/** The platform's bound of a row is 2 MB. */
export const ROW_MAX_BYTES = 1_900_000;
/** UTF-8 takes no more bytes than that for a character of JavaScript. */
const BYTES_A_CHARACTER = 3;
const encoder = new TextEncoder();

/** What no release may leave out; of a state of later nothing is made. */
const COMMAND = fields({
  id: text,
  action: text,
  payload: record,
  state: text,
  actor: optional(text),
  campaignId: optional(text),
  outcome: optional(
    nullable(
      fields({
        state: text,
        payload: optional(record),
        error: optional(fields({ code: text, description: text, details: record })),
      }),
    ),
  ),
  createdAt: time,
  sentAt: optional(nullable(time)),
  completedAt: optional(nullable(time)),
  timeoutMs: number,
  expiresAt: number,
});

/** What each row must have but those of releases that did not know it. */
const DEFAULTS = {
  outcome: null,
  sentAt: null,
  completedAt: null,
  keepOffline: false,
  retry: "never",
  idempotencyKey: null,
  bodyDigest: null,
} as const satisfies Partial<Command>;

/** `null`: it cannot be read, and is no command any more; the others must not wait for it. */
export function commandOf(row: string): Command | null {
  try {
    const command = parseJson<Command>(row);
    if (COMMAND(command) !== null) return null;
    const { outcome } = command;
    if (outcome?.state === "error" && outcome.error === undefined) return null;
    return { ...DEFAULTS, ...command };
  } catch {
    return null;
  }
}

/** Or more: only of what is large it is worth knowing. */
export function bytesOf(command: Command): number {
  const row = JSON.stringify(command);
  return row.length * BYTES_A_CHARACTER <= ROW_MAX_BYTES ? row.length : encoder.encode(row).length;
}
