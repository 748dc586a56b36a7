/**
 * The backends: a CSMS and webhook receivers that fail in spells, each in its own way, and recover. Must not know the
 * broker's rules, nor what the ledgers are for.
 */
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Delivery, Payload, SeenEvent } from "./ledger.ts";
import type { Random } from "./random.ts";

/**
 * How a door fails, by weight. `swallow`: it takes the request and breaks before it says so, the one failure that makes a
 * sender repeat itself. `busy`: 429 with Retry-After.
 */
const KINDS = ["error", "reset", "hang", "slow", "swallow", "nonsense", "busy"] as const;
type Failure = (typeof KINDS)[number];
export type Failures = Readonly<Record<Failure, number>>;

const NONE: Failures = { error: 0, reset: 0, hang: 0, slow: 0, swallow: 0, nonsense: 0, busy: 0 };
const USUAL: Failures = { ...NONE, error: 40, reset: 15, hang: 3, slow: 15, swallow: 20, nonsense: 7 };
export const HANGS: Failures = { ...NONE, hang: 60, slow: 40 };
export const BUSY: Failures = { ...NONE, busy: 100 };
export const DEAD: Failures = { ...NONE, error: 60, reset: 40 };

const SLOW_MS = [200, 2_500] as const;
/** ms of a spell of fair or foul weather. */
const SPELL_MS = [1_500, 7_000] as const;
const RETRY_AFTER_SECONDS = [1, 3] as const;

/** Whether requests fail now: often in foul weather, rarely in fair. */
class Weather {
  readonly #random: Random;
  readonly #odds: { fair: number; foul: number };
  readonly #failures: Failures;
  #foul = false;
  #until = 0;
  isOver = false;

  constructor(random: Random, { odds, failures = USUAL }: Door) {
    this.#random = random;
    this.#odds = odds;
    this.#failures = failures;
  }

  failure(now: number): Failure | null {
    if (this.isOver) return null;
    if (now > this.#until) {
      this.#foul = !this.#foul;
      this.#until = now + this.#random.between(...SPELL_MS);
    }
    const odds = this.#foul ? this.#odds.foul : this.#odds.fair;
    return this.#random.chance(odds) ? this.#random.weighted(this.#failures) : null;
  }

  retryAfterSeconds(): number {
    return this.#random.integer(...RETRY_AFTER_SECONDS);
  }

  slowMs(): number {
    return this.#random.between(...SLOW_MS);
  }
}

export interface Door {
  name: string;
  odds: { fair: number; foul: number };
  /** Without it, as backends usually fail. */
  failures?: Failures;
  /** Bytes of a body that holds more than one event; a larger one gets 413, in fair weather too. */
  bytesMax?: number;
  /** It never recovers. */
  isDead?: boolean;
  /** What it says to a request that it takes. */
  answer(body: string): Answered;
}

export interface Answered {
  payload: unknown;
  /** How many things the request held. */
  items: number;
  taken(): void;
  /** In the end, however it ended. */
  ended(busyFor?: { at: number; retryAfterMs: number }): void;
}

export class Backend {
  readonly #server: http.Server;
  readonly #doors = new Map<string, { door: Door; weather: Weather }>();
  readonly #randomOf: (name: string) => Random;
  /** Requests, and those that were failed on purpose. */
  requests = 0;
  failures = 0;
  tooLarge = 0;
  busy = 0;
  /** At doors that never take any. */
  dead = 0;

  private constructor(server: http.Server, doors: readonly Door[], randomOf: (name: string) => Random) {
    this.#server = server;
    this.#randomOf = randomOf;
    for (const door of doors) this.open(door);
    server.on("request", (request, response) => void this.#serve(request, response).catch(() => response.destroy()));
  }

  static async start(doors: readonly Door[], randomOf: (name: string) => Random): Promise<Backend> {
    const server = http.createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Backend(server, doors, randomOf);
  }

  /** One more door. */
  open(door: Door): void {
    this.#doors.set(`/${door.name}`, { door, weather: new Weather(this.#randomOf(door.name), door) });
  }

  urlOf(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  /** From now on nothing fails. */
  recover(): void {
    for (const { door, weather } of this.#doors.values()) weather.isOver = door.isDead !== true;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const behind = this.#doors.get(request.url ?? "");
    if (behind === undefined) return void response.writeHead(404).end();
    const { door, weather } = behind;
    this.requests++;
    const failure = weather.failure(Date.now());
    // Seen, whatever becomes of it: what is sent again must be the same.
    const answered = door.answer(body);
    let busyFor: { at: number; retryAfterMs: number } | undefined;
    // Who hung up before never heard of it.
    response.once("close", () => answered.ended(response.writableFinished ? busyFor : undefined));
    if (door.bytesMax !== undefined && answered.items > 1 && Buffer.byteLength(body) > door.bytesMax) {
      this.tooLarge++;
      return void response.writeHead(413).end();
    }
    if (failure !== null) this.failures++;
    if (door.isDead === true) this.dead++;
    if (failure === "busy") {
      this.busy++;
      const seconds = weather.retryAfterSeconds();
      // Nobody can have read it before; the end of the answer is seen here when this process has time for it.
      busyFor = { at: Date.now(), retryAfterMs: seconds * 1_000 };
      return void response.writeHead(429, { "retry-after": String(seconds) }).end();
    }
    if (failure === "hang") return;
    if (failure === "reset" || failure === "swallow") {
      if (failure === "swallow") await delay(weather.slowMs() / 10);
      return void request.socket.resetAndDestroy();
    }
    if (failure === "error") return void response.writeHead(503).end("not now");
    if (failure === "nonsense") return void response.writeHead(500, { "content-type": "text/html" }).end("<html>");
    if (failure === "slow") await delay(weather.slowMs());
    if (response.destroyed) return;
    answered.taken();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answered.payload));
  }
}

type Manner = Omit<Door, "name" | "answer">;

/** Receivers of webhooks, which write all they see into one list. */
export class Receivers {
  readonly deliveries: Delivery[] = [];
  /** One for all: the same event is the same object, whoever gets it. */
  readonly #known = new Map<string, SeenEvent>();

  door(name: string, manner: Manner): Door {
    return { name, ...manner, answer: (body) => this.#take(name, body) };
  }

  #take(webhook: string, body: string): Answered {
    const batch = JSON.parse(body) as (SeenEvent & { subject: string })[];
    const events = batch.map((event) => {
      const text = JSON.stringify(event);
      const same = this.#known.get(event.id);
      if (same?.text === text) return same;
      const { id, sequence, type, data } = event;
      const seen: SeenEvent = { id, sequence, type, data, text };
      if (same === undefined) this.#known.set(id, seen);
      return seen;
    });
    const delivery: Delivery = {
      webhook,
      stationId: batch[0]?.subject ?? "",
      events,
      acknowledged: false,
      at: Date.now(),
      endedAt: Number.POSITIVE_INFINITY,
    };
    this.deliveries.push(delivery);
    return {
      payload: {},
      items: events.length,
      taken: () => {
        delivery.acknowledged = true;
      },
      ended: (busyFor) => {
        delivery.endedAt = busyFor?.at ?? Date.now();
        if (busyFor !== undefined) delivery.retryAfterMs = busyFor.retryAfterMs;
      },
    };
  }
}

/** A CSMS that answers each question anew: a repeated StartTransaction that reached it twice gets two numbers. */
export function csms(odds: Door["odds"], heartbeatSeconds: number, random: Random): Door {
  let transactionId = 0;
  const answerTo = (action: string): Payload => {
    const accepted = { status: "Accepted" };
    if (action === "BootNotification") {
      return { ...accepted, interval: heartbeatSeconds, currentTime: new Date().toISOString() };
    }
    if (action === "TransactionEvent") return { idTokenInfo: accepted };
    if (action === "StartTransaction") return { idTagInfo: accepted, transactionId: ++transactionId };
    return { idTagInfo: accepted };
  };
  return {
    name: "csms",
    odds,
    answer: (body) => {
      const { action } = JSON.parse(body) as { action: string };
      const refuses = action !== "BootNotification" && random.chance(odds.fair / 2);
      const error = { code: "InternalError", description: "the CSMS has its own troubles" };
      const payload = refuses ? { error } : { payload: answerTo(action) };
      return { payload, items: 1, taken: () => {}, ended: () => {} };
    },
  };
}
