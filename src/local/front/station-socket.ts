/**
 * A station's socket once Node's HTTP has let go of it: taken, and answered by hand. Must not know what is answered.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Takes the connection from the HTTP parser, which would read the frames to come as requests. */
export function takeSocket(request: IncomingMessage, response: ServerResponse): Socket {
  const { socket } = request;
  response.detachSocket(socket);
  // "close" stays: by it Node lets go of the parser.
  for (const event of ["data", "end", "error", "drain", "timeout"]) socket.removeAllListeners(event);
  socket.pause();
  return socket;
}

export function headText(answer: IncomingMessage, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}
