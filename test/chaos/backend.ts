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

/** `swallow`: it takes the request and breaks before it says so, the one failure that makes a sender repeat itself. */
const FAILURES = { error: 40, reset: 15, hang: 3, slow: 15, swallow: 20, nonsense: 7 } as const;
type Failure = keyof typeof FAILURES;

const SLOW_MS = [200, 2_500] as const;
/** ms of a spell of fair or foul weather. */
const SPELL_MS = [1_500, 7_000] as const;

/** Whether requests fail now: often in foul weather, rarely in fair. */
class Weather {
  readonly #random: Random;
  readonly #odds: { fair: number; foul: number };
  #foul = false;
  #until = 0;
  isOver = false;

  constructor(random: Random, odds: { fair: number; foul: number }) {
    this.#random = random;
    this.#odds = odds;
  }

  failure(now: number): Failure | null {
    if (this.isOver) return null;
    if (now > this.#until) {
      this.#foul = !this.#foul;
      this.#until = now + this.#random.between(...SPELL_MS);
    }
    const odds = this.#foul ? this.#odds.foul : this.#odds.fair;
    return this.#random.chance(odds) ? this.#random.weighted(FAILURES) : null;
  }

  slowMs(): number {
    return this.#random.between(...SLOW_MS);
  }
}

export interface Door {
  name: string;
  odds: { fair: number; foul: number };
  /** What it says to a request that it takes. */
  answer(body: string): { payload: unknown; taken: () => void };
}

export class Backend {
  readonly #server: http.Server;
  readonly #doors = new Map<string, { door: Door; weather: Weather }>();
  /** Requests, and those that were failed on purpose. */
  requests = 0;
  failures = 0;

  private constructor(server: http.Server, doors: readonly Door[], randomOf: (name: string) => Random) {
    this.#server = server;
    for (const door of doors) {
      this.#doors.set(`/${door.name}`, { door, weather: new Weather(randomOf(door.name), door.odds) });
    }
    server.on("request", (request, response) => void this.#serve(request, response).catch(() => response.destroy()));
  }

  static async start(doors: readonly Door[], randomOf: (name: string) => Random): Promise<Backend> {
    const server = http.createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Backend(server, doors, randomOf);
  }

  urlOf(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  /** From now on nothing fails. */
  recover(): void {
    for (const { weather } of this.#doors.values()) weather.isOver = true;
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
    if (failure !== null) this.failures++;
    // Seen, whatever becomes of it: what is sent again must be the same.
    const { payload, taken } = door.answer(body);
    if (failure === "hang") return;
    if (failure === "reset" || failure === "swallow") {
      if (failure === "swallow") await delay(weather.slowMs() / 10);
      return void request.socket.resetAndDestroy();
    }
    if (failure === "error") return void response.writeHead(503).end("not now");
    if (failure === "nonsense") return void response.writeHead(500, { "content-type": "text/html" }).end("<html>");
    if (failure === "slow") await delay(weather.slowMs());
    if (response.destroyed) return;
    taken();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(payload));
  }
}

/** A webhook's receiver, which writes all it sees into `deliveries`. */
export function receiver(name: string, odds: Door["odds"], deliveries: Delivery[]): Door {
  const known = new Map<string, SeenEvent>();
  return {
    name,
    odds,
    answer: (body) => {
      const batch = JSON.parse(body) as (SeenEvent & { subject: string })[];
      const events = batch.map((event) => {
        const text = JSON.stringify(event);
        const same = known.get(event.id);
        if (same?.text === text) return same;
        const { id, sequence, type, data } = event;
        const seen: SeenEvent = { id, sequence, type, data, text };
        if (same === undefined) known.set(id, seen);
        return seen;
      });
      const delivery: Delivery = { webhook: name, stationId: batch[0]?.subject ?? "", events, acknowledged: false };
      deliveries.push(delivery);
      return {
        payload: {},
        taken: () => {
          delivery.acknowledged = true;
        },
      };
    },
  };
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
      return { payload: refuses ? { error } : { payload: answerTo(action) }, taken: () => {} };
    },
  };
}
