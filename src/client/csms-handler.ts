/**
 * What a CSMS says to a station's CALL that is its to answer, as Kerbside asks for it at CSMS_URL. Must not know how an answer is
 * decided.
 */
import { CallError } from "./call-error.ts";
import { signatureFault } from "./signature.ts";
import type { ActionOf, OcppRequest, OcppResponse, Protocol } from "./views.ts";

/** The CALL beside its payload. */
export interface Question {
  stationId: string;
  protocol: Protocol;
  messageId: string;
  action: string;
}

type Awaitable<T> = T | Promise<T>;

/** What it throws is a CALLERROR, by `CallError`; anything else is InternalError. */
type Answering<P extends Protocol> = {
  [A in ActionOf<P>]?: (payload: OcppRequest<P, A>, question: Question) => Awaitable<OcppResponse<P, A>>;
};

export interface CsmsOptions {
  on: { [P in Protocol]?: Answering<P> };
  /** CSMS_SECRET; without it nobody is told from Kerbside. */
  secret?: string;
  /** Of what `on` has no answer for; NotImplemented where it is not given. */
  otherwise?: (payload: Record<string, unknown>, question: Question) => Awaitable<Record<string, unknown>>;
  /** ms since the epoch. */
  now?: () => number;
}

type AnyAnswer = (payload: unknown, question: Question) => Awaitable<unknown>;

/** Answers 200 with the payload or the CALLERROR, 401 where the request is not Kerbside's, 400 where it is no question. */
export function csmsHandler(options: CsmsOptions): (request: Request) => Promise<Response> {
  const { on, secret, otherwise, now = Date.now } = options;
  return async (request) => {
    const body = await request.text();
    const fault = secret === undefined ? null : await signatureFault(secret, request.headers, body, now());
    if (fault !== null) return new Response(`not answered: ${fault}`, { status: 401 });
    const asked = questionOf(body);
    if (asked === null) return new Response("not answered: it is no question", { status: 400 });
    const { payload, ...question } = asked;
    const answering = on[question.protocol] as Record<string, AnyAnswer | undefined> | undefined;
    const known = answering !== undefined && Object.hasOwn(answering, question.action);
    const answer = (known ? answering[question.action] : undefined) ?? (otherwise as AnyAnswer | undefined);
    try {
      if (answer === undefined)
        throw new CallError("NotImplemented", `${question.action} is not answered by this CSMS`);
      return Response.json({ payload: (await answer(payload, question)) ?? {} });
    } catch (error) {
      const { code, description, details } = CallError.of(error);
      return Response.json({ error: { code, description, details } });
    }
  };
}

/** `null`: it is none. */
function questionOf(body: string): (Question & { payload: Record<string, unknown> }) | null {
  try {
    const { stationId, protocol, messageId, action, payload } = JSON.parse(body);
    const isQuestion = [stationId, protocol, messageId, action].every((each) => typeof each === "string");
    return isQuestion && typeof payload === "object" ? { stationId, protocol, messageId, action, payload } : null;
  } catch {
    return null;
  }
}
