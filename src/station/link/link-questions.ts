/**
 * What the CSMS is asked by its own socket and has not answered: one question, kept where hibernation and a crash leave it. Must not
 * know frames, nor who asks.
 */
import type { LinkQuestion } from "../../ocpp/link.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import { isSameQuestion } from "../../ocpp/repetition.ts";
import type { Answer, CheckedCall } from "../../ocpp/session.ts";
import type { Agenda } from "../object/agenda.ts";
import type { StationContext } from "../object/context.ts";
import { type LinkAttachment, QUESTION_MAX_LENGTH } from "./link-attachment.ts";

/** ms after which the alarm watches the deadline of what the CSMS is asked: it costs a row. */
export const SLOW_QUESTION_MS = 2_500;
/** ms; CSMS_TIMEOUT_MS is at most that. */
export const TIMEOUT_MAX_MS = 60_000;

/** The socket that a question rides with, if there is one and it is small enough. */
interface QuestionCarrier {
  get(): Pick<LinkAttachment, "question"> | null;
  save(): void;
}

export class LinkQuestions {
  readonly #context: StationContext;
  readonly #agenda: Agenda;
  readonly #carrier: QuestionCarrier;
  /** Called with the answer; `null`: there was none of use in time. */
  readonly #finished: (question: LinkQuestion, answer: Answer | null) => void;
  /** It watches the question that was asked since the object woke, in place of the alarm. */
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    context: StationContext,
    agenda: Agenda,
    carrier: QuestionCarrier,
    finished: (question: LinkQuestion, answer: Answer | null) => void,
  ) {
    this.#context = context;
    this.#agenda = agenda;
    this.#carrier = carrier;
    this.#finished = finished;
  }

  /** `null`: nothing is asked. */
  get current(): LinkQuestion | null {
    return this.#carrier.get()?.question ?? this.#context.store.fact("question") ?? null;
  }

  /** `true`: it is asked already, and has a new time. */
  ask(call: CheckedCall, protocol: Protocol, connectionId: string): boolean {
    const { current } = this;
    const timeoutMs = this.#context.config.CSMS_TIMEOUT_MS;
    const deadline = this.#context.now() + timeoutMs;
    // The same once more, on a newer line.
    const isOpen = current !== null && isSameQuestion(call, current.call);
    const askedAs = isOpen ? current.askedAs : call.messageId;
    this.keep({ call, askedAs, protocol, connectionId, deadline, timeoutMs });
    this.#timer ??= setTimeout(() => this.#isSlow(), Math.min(SLOW_QUESTION_MS, timeoutMs));
    return isOpen;
  }

  /** With the socket, or in a row where there is none or it is too large. */
  keep(question: LinkQuestion | null): void {
    const carrier = this.#carrier.get();
    const { store } = this.#context;
    const rides = carrier !== null && question !== null && JSON.stringify(question).length <= QUESTION_MAX_LENGTH;
    if (carrier !== null) {
      if (rides) carrier.question = question;
      else delete carrier.question;
      this.#carrier.save();
    }
    if (question !== null && !rides) store.setFact("question", question);
    else if (store.fact("question") !== undefined) store.dropFact("question");
  }

  finish(question: LinkQuestion, answer: Answer | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.keep(null);
    this.#finished(question, answer);
  }

  /** ms since the epoch; `null`: nothing is asked, or a timer watches it. */
  get dueAt(): number | null {
    return this.#timer === null ? (this.current?.deadline ?? null) : null;
  }

  #isSlow(): void {
    this.#timer = null;
    this.look();
    this.#agenda.changed();
    this.#agenda.meanwhile();
  }

  /** Ends what was asked if its time is over. */
  look(): void {
    const { current } = this;
    if (current === null) return;
    const now = this.#context.now();
    if (now >= current.deadline || current.deadline > now + current.timeoutMs) this.finish(current, null);
  }
}
