/**
 * Why a socket that this side opened is gone, told once, whatever it was. Must not know what it was for.
 */
import type { WebSocket } from "ws";

export interface SocketEnd {
  /** The HTTP status that the upgrade was answered with; `null`: it was another kind of end. */
  refusal: number | null;
  /** ms that it was open; 0: it never was. */
  livedMs: number;
  code: number;
  reason: string;
  /** The other side broke the protocol, or could not be reached. */
  isFailure: boolean;
}

/** Another one has taken the link over, what was said broke a rule, or the station is registered no more. */
export const POLICY_CLOSE = 1008;
/** Why Kerbside closes a link that another has taken over. */
export const SUPERSEDED = "superseded";
const DEREGISTERED = "deregistered";

/** As what it is logged. @param isOurs this side wants it open no more */
export function lineOf(
  what: string,
  { refusal, livedMs, code, reason, isFailure }: SocketEnd,
  isOurs: boolean,
): [level: "info" | "warn", message: string] {
  const isRefused = refusal !== null || (code === POLICY_CLOSE && reason !== DEREGISTERED);
  const wasOpen = livedMs > 0;
  return [
    isRefused || (isFailure && !isOurs) ? "warn" : "info",
    `${what} ${wasOpen ? "closed" : "could not be opened"}${reason === SUPERSEDED ? ": another bridge or CSMS has taken it over" : ""}`,
  ];
}

export function onEnd(socket: WebSocket, done: (end: SocketEnd) => void): void {
  let refusal: number | null = null;
  let failure = "";
  let openedAt: number | null = null;
  socket.once("open", () => {
    openedAt = performance.now();
  });
  socket.on("unexpected-response", (request, response) => {
    refusal = response.statusCode ?? null;
    response.resume();
    request.destroy();
    socket.terminate();
  });
  socket.on("error", (error) => {
    // Of a name with several addresses it is one error for all of them, which has no words of its own.
    failure = error.message || String((error as NodeJS.ErrnoException).code ?? error.name);
  });
  socket.once("close", (code, text) => {
    const livedMs = openedAt === null ? 0 : performance.now() - openedAt;
    const reason = refusal === null ? failure || String(text) : `refused with ${refusal}`;
    done({ refusal, livedMs, code, reason, isFailure: failure !== "" });
  });
}
