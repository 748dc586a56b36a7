/**
 * The OCPP-J versions this broker speaks, named as in Sec-WebSocket-Protocol. Must not know which of them a station may use.
 */

export type Protocol = "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";

/** All versions, newest first. */
export const PROTOCOLS = ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"] as const satisfies readonly Protocol[];
