/**
 * Two sockets made one, byte for byte both ways, until either is gone. Must not know what passes through.
 */
import type { Socket } from "node:net";

/** How long a side may stay silent once the other has said its last. */
export const LINGER_MS = 10_000;
/**
 * The same for workerd once the station has: it keeps the socket of a WebSocket that an object closed outside of that
 * socket's own events, and the station would wait for the end of it.
 */
const UPSTREAM_LINGER_MS = 250;

export function tunnel(station: Socket, upstream: Socket): void {
  join(station, upstream, UPSTREAM_LINGER_MS);
  join(upstream, station, LINGER_MS);
}

export function lingerThenDestroy(socket: Socket, lingerMs = LINGER_MS): void {
  socket.setTimeout(lingerMs, () => socket.destroy());
}

function join(source: Socket, sink: Socket, lingerMs: number): void {
  // A station may say nothing for hours.
  source.setTimeout(0);
  source.setNoDelay(true);
  // Unheard, a reset would end the process; "close" follows it and does the rest.
  source.on("error", ignore);
  source.pipe(sink);
  source.once("end", () => lingerThenDestroy(sink, lingerMs));
  source.once("close", () => {
    // Nobody is left to take what the sink still says; what was already written to it shall leave.
    sink.unpipe();
    sink.resume();
    lingerThenDestroy(sink, lingerMs);
    sink.destroySoon();
  });
}

function ignore(): void {}
