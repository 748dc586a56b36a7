/**
 * The answer that a station of each version gives to a command, and what it then does. Must not know sockets.
 */
import { isCsmsAction } from "../../ocpp/actions.ts";
import type { Call } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { CommandAnswer, StationView } from "./command.ts";
import { answer16 } from "./command-answers-16.ts";
import { answer2x } from "./command-answers-2x.ts";

/** `payload` has passed the version's schema. */
export function answerCommand(protocol: Protocol, { action, payload }: Call, view: StationView): CommandAnswer {
  if (!isCsmsAction(protocol, action)) {
    return { fault: "not-implemented", description: `${protocol} has no such command` };
  }
  const answer = protocol === "ocpp1.6" ? answer16(action, payload, view) : answer2x(action, payload, view);
  // [1.6-J §4.2.3, 2.x P4 §4.3] The action is known, this station has no use for it.
  return answer ?? { fault: "not-supported", description: "a simulated station does not do this" };
}
