/**
 * How often a station says that it is there: what a boot's answer told it, and what commands have changed. Must not know
 * where that is kept, nor what follows from silence.
 */
import { isPayload, type Payload } from "./message.ts";
import type { Answer } from "./session.ts";

/** A day: a CSMS that says more would have a dead line pass for a living one for years. */
const INTERVAL_MAX_SECONDS = 86_400;

/**
 * ms that are reckoned with where a boot's answer told so many seconds.
 * @param defaultSeconds where it told 0 or less: [1.6 §4.2, 2.x B01] the choice is the station's, and nobody's to know
 */
export function toldIntervalMs(toldSeconds = 0, defaultSeconds: number): number {
  return 1000 * Math.min(toldSeconds > 0 ? toldSeconds : defaultSeconds, INTERVAL_MAX_SECONDS);
}

/** The answer to a BootNotification with an interval that is not above the registration's; `undefined`: that has none. */
export function withIntervalCeiling(answer: Answer, ceilingSeconds: number | undefined): Answer {
  if (ceilingSeconds === undefined || !("payload" in answer) || answer.payload.status !== "Accepted") return answer;
  const { interval } = answer.payload;
  // [1.6 §4.2] 0 leaves the choice to the station, so it could be above.
  if (typeof interval === "number" && interval > 0 && interval <= ceilingSeconds) return answer;
  return { payload: { ...answer.payload, interval: ceilingSeconds } };
}

/**
 * The interval in seconds that a command has changed; `null`: none. RebootRequired changes nothing: the boot's answer will.
 * @param payload the command's, and `answer` the station's
 */
export function changedInterval(action: string, payload: Payload, answer: Payload): number | null {
  if (action === "ChangeConfiguration") {
    // [1.6 §7.28] Keys are case-insensitive; HeartBeatInterval is seen in the field.
    return isName(payload.key, "HeartbeatInterval") && answer.status === "Accepted" ? secondsOf(payload.value) : null;
  }
  if (action !== "SetVariables") return null;
  const results = records(answer.setVariableResult).filter(isHeartbeatInterval);
  if (!results.some(({ attributeStatus }) => attributeStatus === "Accepted")) return null;
  return secondsOf(records(payload.setVariableData).findLast(isHeartbeatInterval)?.attributeValue);
}

/** [2.x B07] Other attributes than the actual value are bounds and targets. */
function isHeartbeatInterval({ component, variable, attributeType = "Actual" }: Payload): boolean {
  if (!isPayload(component) || !isPayload(variable) || attributeType !== "Actual") return false;
  return isName(component.name, "OCPPCommCtrlr") && isName(variable.name, "HeartbeatInterval");
}

const isName = (value: unknown, name: string): boolean =>
  typeof value === "string" && value.trim().toLowerCase() === name.toLowerCase();
const records = (value: unknown): Payload[] => (Array.isArray(value) ? value.filter(isPayload) : []);
const secondsOf = (value: unknown): number | null =>
  typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : null;
