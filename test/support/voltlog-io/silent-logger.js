/**
 * What ocpp-ws-io imports from its logger, and that says nothing. Must not know who logs.
 */
const silence = () => {};
const logger = { trace: silence, debug: silence, info: silence, warn: silence, error: silence, fatal: silence };

export const createLogger = () => ({ ...logger, child: createLogger });
export const consoleTransport = silence;
export const prettyTransport = silence;
