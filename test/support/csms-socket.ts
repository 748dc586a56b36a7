/**
 * A CSMS on its own socket to a station: keeps what comes, answers what it is told to. Must not know what a test expects.
 */
import { WebSocket } from "ws";
import { until } from "./http-peers.ts";

// biome-ignore lint/suspicious/noExplicitAny: it is what the test is to find out
type Frame = any;

export class CsmsSocket {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly standings: Frame[] = [];
  /** What a CALL is answered at once; `null`: nothing. */
  answer: (action: string, payload: Frame) => unknown = () => null;
  closed: { code: number; reason: string } | null = null;
  protocol = "";

  constructor(url: string, headers: Record<string, string>, protocols: string[] = ["kerbside.csms.v1"]) {
    this.socket = new WebSocket(url, protocols, { headers, perMessageDeflate: false });
    this.socket.on("message", (data) => this.#take(JSON.parse(String(data))));
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on("error", () => {});
  }

  static async connect(url: string, key: string, answer: CsmsSocket["answer"]): Promise<CsmsSocket> {
    const csms = new CsmsSocket(url, { authorization: `Bearer ${key}` });
    csms.answer = answer;
    await until("the link", () => csms.standings.length > 0);
    csms.protocol = csms.socket.protocol;
    return csms;
  }

  #take(frame: Frame): void {
    if (!Array.isArray(frame)) {
      this.standings.push(frame.station);
      return;
    }
    this.frames.push(frame);
    const [type, messageId, action, payload] = frame;
    const answer = type === 2 ? this.answer(action, payload) : null;
    if (answer !== null) this.send([3, messageId, answer]);
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  calls(action?: string): Frame[] {
    return this.frames.filter(([type, , named]) => type === 2 && (action === undefined || named === action));
  }

  /** The first frame under that id. */
  of(messageId: string, type = 3): Promise<Frame> {
    return until(`a frame ${messageId}`, () =>
      this.frames.find((frame) => frame[1] === messageId && frame[0] === type),
    );
  }

  end(): void {
    this.socket.terminate();
  }
}
