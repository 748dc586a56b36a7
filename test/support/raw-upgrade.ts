/**
 * WebSocket upgrades written by hand, byte for byte, where an HTTP client would put them right first.
 * Must not know what is admitted.
 */
import net from "node:net";
import tls from "node:tls";

export interface RawUpgrade {
  port: number;
  /** As it goes into the request line, unencoded. */
  target: string;
  method?: string;
  /** Whole lines, beside those of the WebSocket handshake. */
  headers?: string[];
  /** Left out: no Sec-WebSocket-Protocol at all. */
  protocols?: string;
  /** Given: over TLS, with these options. */
  tls?: tls.ConnectionOptions;
}

export interface RawAnswer {
  /** 0: the connection was closed without an answer. */
  status: number;
  headers: Record<string, string>;
  /** What follows the head, one character a byte. */
  body: string;
  /** [RFC 6455 §5.5.1] Of the close frame behind a 101, if that was waited for. */
  closeCode?: number;
}

/** The end of a handshake's head, and a WebSocket close frame behind it. */
const HEAD = /^HTTP\/1.1 101 .*\r\n\r\n/s;
const CLOSE_FRAME = /^HTTP\/1.1 101 .*\r\n\r\n\x88.../s;

/** @param untilClosed whether a 101 is followed to the close frame */
export async function rawUpgrade(request: RawUpgrade, untilClosed = false): Promise<RawAnswer> {
  const { port, target, method = "GET", headers = [], protocols } = request;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(headers.some((line) => /^host:/i.test(line)) ? [] : [`Host: localhost:${port}`]),
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...(protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
    ...headers,
  ];
  const socket =
    request.tls === undefined
      ? net.connect(port, "127.0.0.1")
      : tls.connect({ port, host: "127.0.0.1", servername: "localhost", ...request.tls });
  try {
    socket.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
    let text = "";
    for await (const chunk of socket) {
      text += (chunk as Buffer).toString("latin1");
      if ((untilClosed ? CLOSE_FRAME : HEAD).test(text)) break;
    }
    const answer = parse(text);
    return untilClosed ? { ...answer, closeCode: Buffer.from(answer.body, "latin1").readUInt16BE(2) } : answer;
  } finally {
    socket.destroy();
  }
}

function parse(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end < 0 ? undefined : end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  return {
    status: Number(/^HTTP\/1.1 (\d+)/.exec(first)?.[1] ?? 0),
    headers,
    body: end < 0 ? "" : text.slice(end + 4),
  };
}

/** @param password one byte a character */
export const basic = (user: string, password: string): string =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`, "latin1").toString("base64")}`;
