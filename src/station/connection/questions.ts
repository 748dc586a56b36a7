/**
 * What the CSMS is being asked: one question for one message. A question belongs to the station's object and registration, so
 * that whoever repeats its message on the next connection gets its answer. Must not know sockets.
 */
import type { Call } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import { isSameQuestion } from "../../ocpp/repetition.ts";
import { answerOf, type Decision } from "./answerer.ts";
import type { StationContext } from "../object/context.ts";

interface Question {
  incarnation: string | null;
  protocol: Protocol;
  call: Call;
  decision: Promise<Decision>;
}

export class Questions {
  readonly #context: StationContext;
  /** Seldom more than one: a connection has one, and those of lost ones end by the CSMS's timeout. */
  readonly #running: Question[] = [];

  constructor(context: StationContext) {
    this.#context = context;
  }

  async ask(call: Call, protocol: Protocol): Promise<Decision> {
    const { incarnation } = this.#context;
    const running = this.#running.find(
      (asked) => asked.incarnation === incarnation && asked.protocol === protocol && isSameQuestion(call, asked.call),
    );
    if (running !== undefined) return running.decision;
    const question = { incarnation, protocol, call, decision: answerOf(this.#context, protocol, call) };
    this.#running.push(question);
    try {
      return await question.decision;
    } finally {
      this.#running.splice(this.#running.indexOf(question), 1);
    }
  }
}
