/**
 * One row of the live tail: a CALL with its answer, or something else that happened on the station's line. Must not know where it came
 * from, nor how it is drawn.
 */

export type RowKind =
  | "call"
  /** [OCPP 2.1 P4 §4.2.5] It is not answered. */
  | "send"
  /** An answer to no CALL that is known here. */
  | "answer"
  /** No message of OCPP. */
  | "unreadable"
  | "connected"
  | "disconnected"
  | "security"
  /** Something is not shown here. */
  | "gap";

/** `failed`: a CALLERROR of whom it was asked; `refused`: the edge's, of what is not valid; `unanswered`: it ended without a word. */
export type RowState = "waiting" | "answered" | "failed" | "refused" | "unanswered" | "none";

export interface Deviation {
  path: string;
  kind: string;
  message: string;
}

export interface Answer {
  at: string | null;
  /** JSON; of a CALLERROR its details. "": none came. */
  text: string;
  error: { code: string; description: string } | null;
}

export interface Row {
  /** Rises with what comes, falls with what is older. */
  readonly id: number;
  readonly at: string;
  /** `in`: the station began; `out`: it was asked. */
  readonly direction: "in" | "out" | null;
  readonly kind: RowKind;
  readonly action: string;
  readonly messageId: string;
  /** Of the log; `null`: it is no event, or not one yet. */
  sequence: number | null;
  state: RowState;
  /** JSON of the payload, or what was there in its place. */
  text: string;
  answer: Answer | null;
  latencyMs: number | null;
  answeredBy: string | null;
  /** JSON pointer into the payload to what was refused. */
  path: string | null;
  deviations: readonly Deviation[];
  /** A sentence, where there is no payload. */
  note: string;
}

/** The rest is as of something that is no CALL. */
export const row = (head: Pick<Row, "id" | "at" | "direction" | "kind"> & Partial<Row>): Row => ({
  ...{ action: "", messageId: "", sequence: null, state: "none", text: "", answer: null, latencyMs: null },
  ...{ answeredBy: null, path: null, deviations: [], note: "" },
  ...head,
});

/** Characters that it keeps, as far as they are many. */
export const weightOf = ({ text, answer, note }: Row): number => text.length + (answer?.text.length ?? 0) + note.length;

/** Something went wrong, or was let pass though it is wrong. */
export const isFaulty = ({ kind, state, deviations }: Row): boolean =>
  ["failed", "refused", "unanswered"].includes(state) ||
  ["unreadable", "security"].includes(kind) ||
  deviations.length > 0;
