/**
 * What a CSMS is told by its own socket, one CALL at a time: the station's CALLs in the log's order, and behind them the question that
 * waits for its answer. Must not know sockets.
 */
import type { CallData } from "../../delivery/event.ts";
import { log } from "../../log.ts";
import type { LinkQuestion } from "../../ocpp/link.ts";
import { type CallError, type CallResult, encode } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { CallIdentity } from "../../ocpp/repetition.ts";
import type { Answer, CheckedCall } from "../../ocpp/session.ts";
import type { Agenda } from "../object/agenda.ts";
import type { StationContext } from "../object/context.ts";
import type { Deadline } from "../object/deadlines.ts";
import { identityOf, isTaken, withAbandoned, withoutId } from "./abandoned-calls.ts";
import { answerOf, isTrouble } from "./link-answer.ts";
import type { LinkAttachment } from "./link-attachment.ts";
import { LinkQuestions, SLOW_QUESTION_MS, TIMEOUT_MAX_MS } from "./link-questions.ts";
import {
  answeredLate,
  answersInTime,
  dueAt,
  eventAnswered,
  hasNext,
  isOver,
  type LinkMoment,
  nextEvent,
  passOver,
} from "./next-event.ts";
import { RETELL_MAX_TIMES } from "./passed-event.ts";

/** The socket, as far as something is told by it. */
interface Carrier {
  get(): LinkAttachment | null;
  save(): void;
  send(frame: string): void;
}

export class LinkTurn {
  readonly questions: LinkQuestions;
  readonly #context: StationContext;
  readonly #agenda: Agenda;
  readonly #carrier: Carrier;
  readonly #finish: (question: LinkQuestion, answer: Answer | null) => void;
  /** It watches the event that was told last, in place of the alarm. */
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    context: StationContext,
    agenda: Agenda,
    carrier: Carrier,
    finish: (question: LinkQuestion, answer: Answer | null) => void,
  ) {
    this.#context = context;
    this.#agenda = agenda;
    this.#carrier = carrier;
    this.#finish = finish;
    this.questions = new LinkQuestions(context, agenda, carrier, (question, answer) =>
      this.#finished(question, answer),
    );
  }

  ask(call: CheckedCall, protocol: Protocol, connectionId: string): void {
    const live = this.#carrier.get();
    const asked = this.questions.current;
    const isAsked = this.questions.ask(call, protocol, connectionId);
    if (live !== null && asked !== null && !isAsked) this.#abandon(live, asked);
    this.goOn(true);
  }

  /** Its answer is waited for no more. */
  #abandon(live: LinkAttachment, { call, askedAs }: LinkQuestion): void {
    if (live.open?.sequence !== null) return;
    live.open = null;
    live.abandoned = withAbandoned(live.abandoned, identityOf({ ...call, messageId: askedAs }));
  }

  #finished(question: LinkQuestion, answer: Answer | null): void {
    const live = this.#carrier.get();
    if (live !== null) this.#abandon(live, question);
    if (live !== null && answer !== null) live.answered = question.call.messageId;
    this.#carrier.save();
    this.#finish(question, answer);
  }

  get hasWork(): boolean {
    const live = this.#carrier.get();
    return live !== null && hasNext(this.#context.eventLog, live, this.#moment(false));
  }

  /** The end of what it is asked, and of what it is told. */
  get deadline(): Deadline {
    const at = () => {
      const live = this.#timer === null ? this.#carrier.get() : null;
      const event = live && dueAt(live, this.#context.config.CSMS_TIMEOUT_MS);
      const question = this.questions.dueAt;
      return event === null || question === null ? (event ?? question) : Math.min(event, question);
    };
    const look = () => {
      this.questions.look();
      this.goOn();
    };
    return { at, aheadMaxMs: TIMEOUT_MAX_MS * RETELL_MAX_TIMES, look };
  }

  /** Says what is next, if nothing is waited for. */
  goOn(isAsking = false): void {
    const live = this.#carrier.get();
    if (live !== null && isOver(this.#context.eventLog, live, this.#moment(isAsking))) {
      passOver(live);
      this.#unwatch();
    }
    this.#pump();
  }

  #moment(isAsking: boolean): LinkMoment {
    return { now: this.#context.now(), timeoutMs: this.#context.config.CSMS_TIMEOUT_MS, isAsking };
  }

  #pump(): void {
    const live = this.#carrier.get();
    if (live === null || live.open !== null) return;
    while (this.#carrier.get() === live && live.open === null) {
      const isAsking = live.passed !== undefined && this.questions.current !== null;
      const next = nextEvent(this.#context.eventLog, live, this.#moment(isAsking));
      if (next === null) {
        this.#askNext(live);
        // Told again later: nothing else would wake the object for that.
        if (live.passed !== undefined && live.open === null) this.#pause();
        return;
      }
      const { messageId, action, payload, answer } = next.data as CallData;
      if (answer === null) {
        // [OCPP 2.1 P4 §4.2.5] A SEND is answered by nobody.
        this.#carrier.send(encode({ type: "send", messageId, action, payload }));
        eventAnswered(this.#context.eventLog, live, next.sequence);
      } else {
        this.#say(live, { messageId, action, payload }, next.sequence);
      }
    }
  }

  #pause(): void {
    this.#carrier.save();
    this.#agenda.changed();
  }

  /** Behind all events: the CSMS learns in the station's order. */
  #askNext(live: LinkAttachment): void {
    const question = this.questions.current;
    if (question === null) return;
    const { action, payload } = question.call;
    const askedAs = this.#say(live, { messageId: question.askedAs, action, payload }, null);
    if (askedAs !== question.askedAs) this.questions.keep({ ...question, askedAs });
  }

  /** The id under which it was told: its own, but where an answer under that may still come to another CALL. */
  #say(live: LinkAttachment, call: CallIdentity, sequence: number | null): string {
    const messageId = isTaken(live.abandoned, call, sequence) ? crypto.randomUUID() : call.messageId;
    live.open = { messageId, sequence, at: this.#context.now() };
    if (sequence !== null) this.#watch();
    this.#carrier.save();
    this.#carrier.send(encode({ type: "call", ...call, messageId }));
    return messageId;
  }

  /** An alarm for each event would be a row for each. */
  #watch(): void {
    this.#unwatch();
    const isSlow = () => {
      this.#timer = null;
      this.goOn();
      this.#agenda.changed();
      this.#agenda.meanwhile();
    };
    this.#timer = setTimeout(isSlow, Math.min(SLOW_QUESTION_MS, this.#context.config.CSMS_TIMEOUT_MS));
  }

  #unwatch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  answered(message: CallResult | CallError): void {
    const live = this.#carrier.get();
    if (live === null) return;
    const { open } = live;
    if (open?.messageId === message.messageId && open.sequence !== null && isTrouble(message)) {
      this.#notTaken(live, message);
      return;
    }
    const { eventLog } = this.#context;
    const isLate = open?.messageId !== message.messageId && answeredLate(eventLog, live, message.messageId);
    if (live.abandoned !== undefined) live.abandoned = withoutId(live.abandoned, message.messageId);
    if (open?.messageId !== message.messageId) {
      if (isLate) this.#carrier.save();
      else
        log("info", "an answer of the CSMS to no CALL", { stationId: this.#context.id, messageId: message.messageId });
      this.#pump();
      return;
    }
    live.open = null;
    this.#unwatch();
    const isNews = open.sequence === null || open.sequence > (live.passed?.to ?? Number.POSITIVE_INFINITY);
    const givenUp = isNews && !isTrouble(message) ? answersInTime(eventLog, live) : null;
    if (givenUp !== null) this.#gaveUp(givenUp);
    if (open.sequence !== null) this.#taken(live, open.sequence, message);
    this.#carrier.save();
    const question = this.questions.current;
    if (open.sequence === null && question !== null) {
      const { answer, complaint } = answerOf(this.#context.id, question, message);
      if (complaint !== null) this.#carrier.send(complaint);
      this.questions.finish(question, answer);
    }
    this.#pump();
  }

  #taken(live: LinkAttachment, sequence: number, message: CallResult | CallError): void {
    eventAnswered(this.#context.eventLog, live, sequence);
    if (message.type === "callResult") return;
    const { messageId, code, description } = message;
    log("warn", "the CSMS refused an event for good", { stationId: this.#context.id, messageId, code, description });
  }

  /** It has trouble of its own with that event, which comes again as one that it ignored: a station would say it again, too. */
  #notTaken(live: LinkAttachment, { messageId, code, description }: CallError): void {
    log("warn", "the CSMS did not take an event", { stationId: this.#context.id, messageId, code, description });
    this.#unwatch();
    passOver(live);
    live.abandoned = withoutId(live.abandoned ?? [], messageId);
    this.#pause();
    this.#pump();
  }

  /** It is a dead letter, in the station's view and the metrics. */
  #gaveUp(sequence: number): void {
    const reason = "the CSMS answers others, and was told this one time and again";
    log("warn", "an event was given up", { stationId: this.#context.id, to: "link", sequence, reason });
  }
}
