/**
 * Two sockets made one, byte for byte both ways, until either is gone. Must not know what passes through, but for the frame
 * that ends it.
 */
import type { Socket } from "node:net";
import { CloseWatch } from "./close-frame.ts";

/** How long a side may stay silent once the other has said its last. */
export const LINGER_MS = 10_000;
/**
 * The same for workerd once the station has: it keeps the socket of a WebSocket that an object closed outside of that
 * socket's own events, and the station would wait for the end of it.
 */
const UPSTREAM_LINGER_MS = 250;
/** How long a station has to answer a close frame. One that never does would keep its place for ever. */
const CLOSE_GRACE_MS = 5_000;
/** How long a station may leave what it is told unread, in which nothing more is taken from it. */
const UNREAD_MAX_MS = 30_000;

export function tunnel(station: Socket, upstream: Socket): void {
  // As any socket's again: with its WebSocket over, a station that does not close its side would keep its place.
  Reflect.deleteProperty(station, "destroySoon");
  join(station, upstream, UPSTREAM_LINGER_MS);
  join(upstream, station, LINGER_MS);
  endAfterClose(station, upstream);
  holdUnread(station, upstream);
}

export function lingerThenDestroy(socket: Socket, lingerMs = LINGER_MS): void {
  socket.setTimeout(lingerMs, () => socket.destroy());
}

/**
 * Ends our side and waits for the other one's end, for its time whatever still comes: closed with anything unread, the connection
 * is reset, and takes along what the client has not read yet [RFC 9112 §9.6].
 */
export function endAndLinger(socket: Socket): void {
  socket.end();
  // Node's parser lets go of one that another listens to: it would go on through megabytes of chunks of a byte, and hold up all others.
  socket.removeAllListeners("data");
  socket.on("data", ignore);
  socket.resume();
  const late = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(late));
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

/** [RFC 6455 §7.1.1] The server may end the connection when the close is not answered. */
function endAfterClose(station: Socket, upstream: Socket): void {
  const watch = new CloseWatch();
  const look = (chunk: Buffer) => {
    if (!watch.sees(chunk)) return;
    upstream.off("data", look);
    const timer = setTimeout(() => {
      station.destroy();
      upstream.destroy();
    }, CLOSE_GRACE_MS);
    station.once("close", () => clearTimeout(timer));
  };
  upstream.on("data", look);
}

/** A station that reads nothing, and asks all the same, would have its answers pile up in workerd. */
function holdUnread(station: Socket, upstream: Socket): void {
  let timer: NodeJS.Timeout | null = null;
  const release = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    if (!upstream.writableNeedDrain) station.resume();
  };
  upstream.on("data", () => {
    if (!station.writableNeedDrain || timer !== null) return;
    station.pause();
    timer = setTimeout(() => station.destroy(), UNREAD_MAX_MS);
  });
  station.on("drain", release);
  station.once("close", release);
}

/** Of a socket whose end is told by "close": unheard, an error would end the process. */
export function ignore(): void {}
