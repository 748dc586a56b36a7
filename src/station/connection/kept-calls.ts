/**
 * What the log has of a station's CALLs: the answers they were given before, and those that are given now. Must not know sockets.
 */
import { errorCode } from "../../ocpp/error-codes.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import { isRecognisable } from "../../ocpp/repetition.ts";
import type { Answer, AnsweredBy, CheckedCall } from "../../ocpp/session.ts";
import type { StationContext } from "../object/context.ts";
import type { Decision } from "./answerer.ts";
import { callData } from "./call-event.ts";

export class KeptCalls {
  readonly #context: StationContext;

  constructor(context: StationContext) {
    this.#context = context;
  }

  /** What a CALL was answered when it came before. Asked for again after a wait: its repetition may have been kept meanwhile. */
  earlierAnswer(call: CheckedCall): Answer | null {
    return isRecognisable(call) ? this.#context.eventLog.answerTo(call, this.#context.now()) : null;
  }

  /** Where nobody is to be asked: it was answered before, or there is no room for it. `null`: somebody is. */
  decided(protocol: Protocol, call: CheckedCall): Decision | null {
    const earlier = this.earlierAnswer(call);
    if (earlier !== null) return { answer: earlier, answeredBy: "csms" };
    const description = this.#context.refusal(call.action);
    if (description === null) return null;
    return {
      answer: { error: { code: errorCode(protocol, "internal"), description, details: {} } },
      answeredBy: "edge",
    };
  }

  keep(protocol: Protocol, call: CheckedCall, answer: Answer | null, answeredBy: AnsweredBy): void {
    this.#context.emit("ocpp.call", callData(protocol, call, answer, answeredBy, this.#context.now()));
  }

  /** What was decided for a line that is gone: the station will ask again, and is to get this. */
  keepUnsaid(protocol: Protocol, call: CheckedCall, { answer, answeredBy }: Decision): void {
    if (answer === null || "error" in answer || !isRecognisable(call)) return;
    if (this.earlierAnswer(call) !== null || !this.#context.eventLog.hasRoomFor(call.action)) return;
    this.keep(protocol, call, answer, answeredBy);
  }
}
