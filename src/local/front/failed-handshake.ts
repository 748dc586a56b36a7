/**
 * A TLS handshake that did not come to its end. Must not know what is asked behind one that does.
 */
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { frontLog } from "./front-log.ts";

/** Nothing can be told on it, but by TLS itself. */
export const isShakingHands = (socket: Duplex & { secureConnecting?: boolean }): boolean =>
  socket.secureConnecting === true;

export function logFailedHandshake({ code, message }: NodeJS.ErrnoException, { remoteAddress }: TLSSocket): void {
  frontLog("warn", "a TLS handshake failed", { remoteAddress, code, reason: message });
}
