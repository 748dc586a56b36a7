/**
 * A second CSMS that sees what the first one sees: what it says goes nowhere but into counters of agreement. Must not know the
 * station, nor the first CSMS's socket.
 */
import { WebSocket } from "ws";
import { backOffMs } from "./back-off.ts";
import type { BridgeCounts } from "./bridge-counts.ts";
import { keepAlive } from "./keep-alive.ts";
import { lineOf, onEnd } from "./socket-end.ts";
import { TransactionIds } from "./transaction-ids.ts";

/** CALLs whose answers are compared later; an older one that neither answered is forgotten. */
const OPEN_MAX = 32;
/** Frames kept while its socket opens: a boot and what a station says with it. */
const WAITING_MAX = 32;
/** Characters that may wait in a socket that it does not read; beyond them it is given up. */
const UNSENT_MAX_BYTES = 1_000_000;
/** ms that its socket must live for its next opening to be the first again. */
const STEADY_MS = 10_000;

interface MirrorOptions {
  open: (protocol: string) => WebSocket;
  /** Waits for its turn to open a socket again; `false`: called off. */
  turn: () => Promise<boolean>;
  counts: BridgeCounts;
  log: (level: "info" | "warn", message: string, facts: Record<string, unknown>) => void;
  random: () => number;
}

type Payload = Record<string, unknown>;
interface Compared {
  action: string;
  payload: Payload;
  /** The status that each said; `undefined`: nothing yet. */
  first?: Verdict;
  second?: Verdict;
}
interface Verdict {
  status: string;
  isError: boolean;
  transactionId: number | null;
}

export class Mirror {
  readonly #options: MirrorOptions;
  readonly #compared = new Map<string, Compared>();
  readonly #transactions = new TransactionIds();
  #socket: WebSocket | null = null;
  #waiting: string[] = [];
  #protocol = "";
  #failures = 0;
  #again: ReturnType<typeof setTimeout> | null = null;

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  /** The station has a socket at the first CSMS. */
  opened(protocol: string): void {
    this.closed();
    this.#protocol = protocol;
    this.#dial();
  }

  #dial(): void {
    const socket = this.#options.open(this.#protocol);
    this.#socket = socket;
    keepAlive(socket);
    socket.on("open", () => {
      for (const frame of this.#waiting.splice(0)) socket.send(frame);
    });
    socket.on("message", (data) => this.#said(socket, String(data)));
    // One that is not there is no trouble of the station's; whoever tries it wants to know why.
    onEnd(socket, (end) => {
      if (this.#socket !== socket) return;
      this.#options.counts.lost("mirror", end.refusal);
      const [level, message] = lineOf("the mirror's socket", end, false);
      this.#options.log(level, message, { code: end.code, reason: end.reason });
      if (end.livedMs >= STEADY_MS) this.#failures = 0;
      this.closed();
      this.#again = setTimeout(() => void this.#dialAgain(), backOffMs(this.#failures++, this.#options.random()));
      this.#again.unref();
    });
  }

  async #dialAgain(): Promise<void> {
    const mine = this.#again;
    // Meanwhile the first CSMS's socket may have closed, or opened anew.
    if ((await this.#options.turn()) && this.#again === mine) {
      this.#again = null;
      this.#dial();
    }
  }

  /** It has none any more. */
  closed(): void {
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
    this.#socket?.terminate();
    this.#socket = null;
    this.#waiting = [];
    this.#compared.clear();
  }

  /** A frame of the station, as the first CSMS gets it. */
  fromStation(frame: string): void {
    const [type, messageId, action, payload] = parsed(frame);
    if (!this.#isThere || type !== 2 || typeof action !== "string") return;
    const said = (payload ?? {}) as Payload;
    this.#compared.set(messageId, { action, payload: said });
    for (const [oldest] of this.#compared) {
      if (this.#compared.size <= OPEN_MAX) break;
      this.#compared.delete(oldest);
      this.#options.counts.agreed("none");
    }
    const mapped = this.#protocol === "ocpp1.6" ? this.#transactions.mapped(said) : said;
    this.hears(mapped === said ? frame : JSON.stringify([2, messageId, action, mapped]));
  }

  /** Without comparing what it answers. */
  hears(frame: string): void {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.CONNECTING && this.#waiting.length < WAITING_MAX) this.#waiting.push(frame);
    if (socket?.readyState === WebSocket.OPEN) this.#write(socket, frame);
  }

  #write(socket: WebSocket, frame: string): void {
    socket.send(frame);
    if (socket.bufferedAmount > UNSENT_MAX_BYTES) socket.terminate();
  }

  get #isThere(): boolean {
    return this.#socket !== null && this.#socket.readyState <= WebSocket.OPEN;
  }

  /** The first CSMS's answer to it. */
  fromCsms(frame: string): void {
    this.#hears(frame, "first");
  }

  #said(socket: WebSocket, frame: string): void {
    const [type, messageId] = parsed(frame);
    // Its CALLs would be carried out twice: it is told that they cannot be.
    if (type === 2) this.#write(socket, JSON.stringify([4, messageId, "NotSupported", "this CSMS is a mirror", {}]));
    else this.#hears(frame, "second");
  }

  #hears(frame: string, who: "first" | "second"): void {
    const [type, messageId, payload] = parsed(frame);
    const compared = this.#compared.get(messageId);
    if (compared === undefined || (type !== 3 && type !== 4)) return;
    compared[who] = verdictOf(type, payload);
    const { action, first, second } = compared;
    if (first === undefined || second === undefined) return;
    this.#compared.delete(messageId);
    if (action === "StartTransaction" && first.transactionId !== null && second.transactionId !== null) {
      this.#transactions.note(first.transactionId, second.transactionId);
    }
    if (first.isError || second.isError)
      this.#options.counts.agreed(first.isError === second.isError ? "same" : "error");
    else this.#options.counts.agreed(first.status === second.status ? "same" : "different");
  }
}

function verdictOf(type: number, payload: unknown): Verdict {
  const said = (typeof payload === "object" && payload !== null ? payload : {}) as Payload;
  const info = (said.idTagInfo ?? said.idTokenInfo ?? said) as Payload;
  const { transactionId } = said;
  return {
    status: String(info.status ?? ""),
    isError: type === 4,
    transactionId: typeof transactionId === "number" ? transactionId : null,
  };
}

function parsed(frame: string): [number, string, unknown, unknown] {
  try {
    const parts = JSON.parse(frame) as unknown;
    return Array.isArray(parts) ? (parts as [number, string, unknown, unknown]) : [0, "", null, null];
  } catch {
    return [0, "", null, null];
  }
}
