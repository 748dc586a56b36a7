/**
 * What the CSMS is asked by its own socket, until it answers. Must not know sockets.
 */
import type { Protocol } from "./protocol.ts";
import type { CheckedCall } from "./session-state.ts";

export interface LinkQuestion {
  /** The station's CALL, under the id that the answer is to have. */
  call: CheckedCall;
  /** The id under which the CSMS was asked, or will be: of the CALL that came first. */
  askedAs: string;
  protocol: Protocol;
  /** Of the station, on which the answer is waited for. */
  connectionId: string;
  /** ms since the epoch */
  deadline: number;
  /** ms that it may take: a deadline further ahead was set before the clock went back. */
  timeoutMs: number;
}
