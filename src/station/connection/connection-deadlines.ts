/**
 * How far ahead each deadline of a connection may be: what is further was set before the clock went back. Must not know what is due.
 */
import { OPEN_CALL_MAX_MS } from "../../ocpp/open-call.ts";

/** Years, mostly: looked at again before. */
export const CERTIFICATE = { aheadMaxMs: 30 * 86_400_000 };
/** Silence is a day where the station's interval is not known, or two intervals, of at most a day each, and some grace. */
export const PRESENCE = { aheadMaxMs: 2 * 86_400_000 + 60_000 };
export const OPEN_CALL = { aheadMaxMs: OPEN_CALL_MAX_MS };
