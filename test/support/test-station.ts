/**
 * A Charging Station of raw frames for tests: it sends what it is told, keeps what it gets. Must not know OCPP's rules,
 * so that it can break them.
 */
import { type ClientOptions, WebSocket } from "ws";

export interface StationOptions {
  url: string;
  protocols?: string[];
  /** HTTP Basic */
  user?: string;
  password?: string;
  socket?: ClientOptions;
  /** False: the caller has registered the station, or wants it unknown. */
  register?: boolean;
}

/** The answer that refused an upgrade. */
export class Refused extends Error {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  constructor(status: number, headers: Record<string, unknown>, body: string) {
    super(`refused with ${status}: ${body}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: frames of any shape
export type Frame = any[];

const WAIT_MS = 10_000;

export class TestStation {
  readonly socket: WebSocket;
  /** Every frame that came, in order. */
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #taken = 0;
  #counter = 0;
  #arrived: (() => void)[] = [];
  #onCall: ((frame: Frame) => unknown) | null = null;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("error", () => {});
    // Not once(): it rejects on "error", with nobody there to hear it.
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
    });
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      const answer = frame[0] === 2 ? this.#onCall?.(frame) : undefined;
      if (answer !== undefined) {
        this.send([3, frame[1], answer]);
        return;
      }
      this.frames.push(frame);
      for (const wake of this.#arrived.splice(0)) wake();
    });
  }

  static async connect(options: StationOptions): Promise<TestStation> {
    const { url, protocols = ["ocpp1.6"], user, password, socket: more = {} } = options;
    const headers: Record<string, string> = { ...(more.headers as Record<string, string>) };
    if (password !== undefined) {
      headers.authorization = `Basic ${Buffer.from(`${user ?? ""}:${password}`, "latin1").toString("base64")}`;
    }
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...more, headers });
    const station = new TestStation(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("error", reject);
      socket.on("unexpected-response", (request, response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => {
          request.destroy();
          reject(new Refused(response.statusCode ?? 0, response.headers, body));
        });
      });
    });
    return station;
  }

  /** The refusal of a connection that must not succeed. */
  static async refused(options: StationOptions): Promise<Refused> {
    const outcome = await TestStation.connect(options).catch((error: unknown) => error);
    if (outcome instanceof Refused) return outcome;
    if (outcome instanceof TestStation) {
      outcome.kill();
      throw new Error("the connection was admitted");
    }
    throw outcome;
  }

  /** Sends text as it is, anything else as JSON. */
  send(frame: unknown): void {
    this.socket.send(typeof frame === "string" || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** Answers every CALL of the CSMS from now on; undefined leaves it to the test. */
  answerCalls(answer: (frame: Frame) => unknown): void {
    this.#onCall = answer;
    // Those that came with the connection, before there was time to say so, are among them.
    for (const frame of this.frames.splice(this.#taken)) {
      const answered = frame[0] === 2 ? answer(frame) : undefined;
      if (answered === undefined) this.frames.push(frame);
      else this.send([3, frame[1], answered]);
    }
  }

  /** The next frame that no test has taken yet. */
  async next(waitMs = WAIT_MS): Promise<Frame> {
    const deadline = Date.now() + waitMs;
    while (this.frames.length <= this.#taken) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error("no frame came");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#arrived.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return this.frames[this.#taken++] as Frame;
  }

  /** Sends a CALL and gives back the frame that answers it. */
  async call(action: string, payload: unknown = {}, messageId = `m${++this.#counter}`): Promise<Frame> {
    this.send([2, messageId, action, payload]);
    const frame = await this.next();
    if (frame[1] !== messageId) throw new Error(`expected an answer to ${messageId}, got ${JSON.stringify(frame)}`);
    return frame;
  }

  async close(code = 1000): Promise<void> {
    this.socket.close(code);
    await this.closed;
  }

  /** Drops the connection without a word. */
  kill(): void {
    this.socket.terminate();
  }
}

export const BOOT_16 = { chargePointVendor: "Kerbside", chargePointModel: "Test" };
export const BOOT_2X = { reason: "PowerUp", chargingStation: { vendorName: "Kerbside", model: "Test" } };
export const STATUS_16 = { connectorId: 1, errorCode: "NoError", status: "Available" };
