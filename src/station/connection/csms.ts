/**
 * Asks the CSMS for the answer to a station's CALL. Must not know what happens where it has none.
 */
import type { Config } from "../../config.ts";
import { signedHeaders } from "../../delivery/signature.ts";
import type { Env } from "../../env.ts";
import { parseJson } from "../../json.ts";
import { log, messageOf } from "../../log.ts";
import { type Call, isDeeper, isPayload, NESTING_MAX } from "../../ocpp/message.ts";
import { alteredNumber } from "../../ocpp/numbers.ts";
import { checkPayload } from "../../ocpp/payload-check.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Answer } from "../../ocpp/session.ts";
import { fetchText } from "../delivery/fetch-text.ts";

/** Characters of a CSMS's answer: its row must hold the station's frame as well. */
const ANSWER_MAX_LENGTH = 100_000;

export const hasCsms = (env: Env, config: Config): boolean => env.CSMS !== undefined || config.CSMS_URL !== undefined;

/** The CSMS's answer; `null` where it is slow, down, or says something that is none. */
export async function askCsms(
  env: Env,
  config: Config,
  stationId: string,
  protocol: Protocol,
  call: Call,
): Promise<Answer | null> {
  const { messageId, action, payload } = call;
  const body = JSON.stringify({ stationId, protocol, messageId, action, payload });
  try {
    const request = {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        ...(config.CSMS_SECRET !== undefined && (await signedHeaders(config.CSMS_SECRET, crypto.randomUUID(), body))),
      },
    };
    const text = await fetchText(
      env.CSMS,
      config.CSMS_URL ?? "https://csms/",
      request,
      config.CSMS_TIMEOUT_MS,
      ANSWER_MAX_LENGTH,
    );
    const answer = readAnswer(text);
    // The CSMS is ours to hear of it; a station would choke on it.
    const { fault } =
      answer !== null && "payload" in answer
        ? checkPayload(protocol, action, "response", answer.payload, "strict")
        : { fault: null };
    if (fault !== null) throw new Error(`the payload is no ${action} response: ${fault.description}`);
    if (answer === null) throw new Error("the body is neither { payload } nor { error }");
    return answer;
  } catch (error) {
    log("warn", "the CSMS gave no answer", { stationId, messageId, action, reason: messageOf(error) });
    return null;
  }
}

function readAnswer(text: string): Answer | null {
  const body = parseJson(text);
  if (isDeeper(body, NESTING_MAX)) throw new Error(`the body is nested more than ${NESTING_MAX} deep`);
  const altered = alteredNumber(text, body);
  if (altered !== null)
    throw new Error(`a number at ${altered.path || "/"} would be changed; a double does not hold it`);
  if (!isPayload(body)) return null;
  const { payload, error } = body;
  if (isPayload(payload) && error === undefined) return { payload };
  if (!isPayload(error) || payload !== undefined) return null;
  const { code, description = "", details = {} } = error;
  if (typeof code !== "string" || typeof description !== "string" || !isPayload(details)) return null;
  return { error: { code, description, details } };
}
