/**
 * What a link asks of the object around it. Must not know how it is done.
 */
import type { LinkQuestion } from "../../ocpp/link.ts";
import type { Call } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Answer } from "../../ocpp/session.ts";

export interface LinkPort {
  /** The station as a link is told of it, as text. */
  standing(): string;
  /** The version that the station speaks, or spoke last. */
  protocol(): Protocol;
  /** What the CSMS said to a station's CALL; `null`: nothing of use, in time. */
  answered(question: LinkQuestion, answer: Answer | null): void;
  /** Takes a CALL as a command; the CALLERROR that it gets instead, `null`: its answer comes later. */
  command(call: Call): string | null;
  /** Passes a frame on that nobody answers. */
  pass(frame: string): void;
}
