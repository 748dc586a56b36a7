/**
 * The real thing that the model is held against: a local edge, one station at a time, its webhooks' receivers and its CSMS. Must
 * not know what is right.
 */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { Protocol } from "../../src/ocpp/protocol.ts";
import { HttpPeer, SECRET } from "../support/http-peers.ts";
import { type ApiAnswer, type Kerbside, startKerbside } from "../support/kerbside.ts";
import { type Frame, Refused, TestStation } from "../support/test-station.ts";
import { callText, commandText, type CsmsMode, type HookMode, streamOf, summary } from "./model.ts";

const ENTRY = fileURLToPath(new URL("../support/model-worker.js", import.meta.url));
/** ms until what must come counts as missing. Nobody waits so long for what comes. */
export const PATIENCE_MS = 8_000;
/** ms until a slow receiver answers. */
export const SLOW_MS = 30;

export interface Delivered {
  id: string;
  sequence: number;
  type: string;
  text: string;
}

interface Receiver {
  mode: HookMode;
  /** What it let hang breaks off. */
  letGo: (() => void)[];
  delivered: Map<string, Delivered>;
}

export type AnswerMode = "accept" | "error" | "invalid" | "ignore";

export class World {
  readonly kerbside: Kerbside;
  readonly #receiver: HttpPeer;
  readonly #csms: HttpPeer;
  stationId = "";
  protocol: Protocol = "ocpp1.6";
  station: TestStation | null = null;
  receivers = new Map<number, Receiver>();
  csmsMode: CsmsMode = "up";
  asked: string[] = [];
  answerMode: AnswerMode = "accept";
  /** The CALL that the station left without an answer. */
  unanswered: string | null = null;
  commandNumbers = new Map<string, number>();
  /** Registrations so far. */
  incarnations = 0;
  #earlier = new Set<number>();
  #transactionId = 0;
  #held: { release: () => void; released: Promise<void> } | null = null;
  #clockMs = 0;

  static async start(): Promise<World> {
    const [receiver, csms] = [await HttpPeer.start(), await HttpPeer.start()];
    const kerbside = await startKerbside(
      { CSMS_URL: csms.url, WEBHOOK_RETRY_BASE_MS: "20", BOOT_RETRY_SECONDS: "30" },
      { entry: ENTRY, connectsPerStation: 1e9, connectsPerAddress: 1e9, persist: false },
    );
    return new World(kerbside, receiver, csms);
  }

  private constructor(kerbside: Kerbside, receiver: HttpPeer, csms: HttpPeer) {
    this.kerbside = kerbside;
    this.#receiver = receiver;
    this.#csms = csms;
    receiver.reply = ({ path, body }) => this.#receive(path, body);
    csms.reply = ({ body }) => this.#decide(body);
  }

  async stop(): Promise<void> {
    await this.kerbside.stop();
    await Promise.all([this.#receiver.stop(), this.#csms.stop()]);
  }

  // One sequence

  async begin(stationId: string, protocol: Protocol): Promise<void> {
    Object.assign(this, { stationId, protocol, station: null, csmsMode: "up", asked: [], answerMode: "accept" });
    this.unanswered = null;
    this.incarnations = 0;
    this.#earlier.clear();
    this.#transactionId = 0;
    this.receivers = new Map();
    this.commandNumbers = new Map();
    this.#receiver.requests.length = 0;
    this.#csms.requests.length = 0;
    this.#clockMs = 0;
    await this.#own("clock", "?ms=0");
  }

  async end(): Promise<void> {
    this.release();
    this.station?.kill();
    for (const generation of this.receivers.keys()) this.setHookMode(generation, "up");
    const { body } = await this.kerbside.api("GET", "/v1/webhooks");
    for (const { name } of body.webhooks) await this.kerbside.api("DELETE", `/v1/webhooks/${name}`);
    await this.api("DELETE", "");
  }

  api(method: string, rest: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer> {
    return this.kerbside.api(method, `/v1/stations/${this.stationId}${rest}`, body, headers);
  }

  // Webhooks

  async putHook(name: string, generation: number, types: string[]): Promise<void> {
    if (!this.receivers.has(generation))
      this.receivers.set(generation, { mode: "up", letGo: [], delivered: new Map() });
    const url = `${this.#receiver.url}${generation}`;
    const { status } = await this.kerbside.api("PUT", `/v1/webhooks/${name}`, { url, secret: SECRET, types });
    assert.ok(status < 300, `PUT of a webhook: ${status}`);
  }

  /** @param letsGo `false`: what hangs hangs on, until it is overtaken */
  setHookMode(generation: number, mode: HookMode, letsGo = true): void {
    const receiver = this.receivers.get(generation);
    if (receiver === undefined) return;
    receiver.mode = mode;
    if (letsGo) for (const letGo of receiver.letGo.splice(0)) letGo();
  }

  allowEarlier(generation: number): void {
    this.#earlier.add(generation);
  }
  mayGetEarlier(generation: number): boolean {
    return this.#earlier.has(generation);
  }

  async removeHook(name: string): Promise<void> {
    assert.equal((await this.kerbside.api("DELETE", `/v1/webhooks/${name}`)).status, 204);
  }

  async replay(name: string): Promise<void> {
    assert.equal((await this.kerbside.api("POST", `/v1/webhooks/${name}/replay`)).status, 202);
    await this.#own("wake");
  }

  #receive(path: string, body: string) {
    const receiver = this.receivers.get(Number(path.slice(1)));
    // biome-ignore lint/suspicious/noExplicitAny: events of any type
    const batch = JSON.parse(body) as any[];
    if (receiver === undefined) return { status: 204 };
    if (receiver.mode === "down") return { status: 500 };
    if (receiver.mode === "refusing") return { status: 413 };
    if (receiver.mode === "hanging") {
      return { status: 500, after: new Promise<void>((resolve) => receiver.letGo.push(resolve)) };
    }
    if (receiver.mode === "too-large" && batch.length > 1) return { status: 413 };
    for (const event of batch) {
      if (event.subject !== this.stationId) continue;
      const text = this.#textOf(event);
      const known = receiver.delivered.get(event.id);
      if (known !== undefined) assert.equal(`${known.sequence} ${known.text}`, `${event.sequence} ${text}`, event.id);
      else receiver.delivered.set(event.id, { id: event.id, sequence: event.sequence, type: event.type, text });
    }
    return receiver.mode === "slow" ? { status: 204, delayMs: SLOW_MS } : { status: 204 };
  }

  // biome-ignore lint/suspicious/noExplicitAny: events of any type
  #textOf({ type, data }: any): string {
    if (type === "ocpp.call") return callText(data.action, data.messageId, summary(data.answer));
    if (type === "ocpp.command.completed") return `${data.commandId} ${data.state}`;
    return String(type).replace("ocpp.station.", "");
  }

  /** What a receiver got, each event once, in the order of arrival. */
  delivered(generation: number, stream: "commands" | "rest"): Delivered[] {
    const all = [...(this.receivers.get(generation)?.delivered.values() ?? [])];
    return all
      .filter(({ type }) => /^ocpp\.(call|station\.(dis)?connected|command\.completed)$/.test(type))
      .filter(({ type }) => streamOf(type) === stream)
      .map((event) => ({ ...event, text: this.#numbered(event.text) }));
  }

  /** All of them, in the order of arrival. */
  arrived(generation: number): Delivered[] {
    return [...(this.receivers.get(generation)?.delivered.values() ?? [])];
  }

  #numbered(text: string): string {
    const [id = "", state = ""] = text.split(" ");
    const number = this.commandNumbers.get(id);
    return number === undefined ? text : commandText(number, state);
  }

  // The CSMS

  hold(): void {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#held = { release, released };
  }

  release(): void {
    this.#held?.release();
    this.#held = null;
  }

  #decide(text: string) {
    const { stationId, action, messageId } = JSON.parse(text);
    if (stationId !== this.stationId) return { status: 500 };
    this.asked.push(`${action} ${messageId}`);
    if (this.csmsMode === "down") return { status: 500 };
    const status = this.csmsMode === "block" ? "Blocked" : "Accepted";
    const payload = this.#answer(action, status);
    return { body: { payload }, ...(this.#held !== null && { after: this.#held.released }) };
  }

  get #bootStatus(): string {
    if (this.csmsMode === "pending") return "Pending";
    return this.csmsMode === "rejecting" ? "Rejected" : "Accepted";
  }

  #answer(action: string, status: string): Record<string, unknown> {
    switch (action) {
      case "BootNotification":
        return { currentTime: new Date().toISOString(), interval: 86_400, status: this.#bootStatus };
      case "Authorize":
        return this.protocol === "ocpp1.6" ? { idTagInfo: { status } } : { idTokenInfo: { status } };
      case "StartTransaction":
        return { transactionId: ++this.#transactionId, idTagInfo: { status } };
      case "TransactionEvent":
        return { idTokenInfo: { status } };
      default:
        return {};
    }
  }

  // The station

  async connect(): Promise<number> {
    const url = `ws://localhost:${this.kerbside.edge.port}/ocpp/${this.stationId}`;
    try {
      const station = await TestStation.connect({ url, protocols: [this.protocol] });
      this.answerMode = "accept";
      this.unanswered = null;
      station.answerCalls(([, id]: Frame) => this.#answerCommand(station, id));
      // What waited comes on the heels of the upgrade's answer.
      for (const [type, id] of station.frames) {
        if (type === 2) station.send([3, id, this.#answerCommand(station, id)]);
      }
      this.station = station;
      return 101;
    } catch (error) {
      if (error instanceof Refused) return error.status;
      throw error;
    }
  }

  #answerCommand(station: TestStation, id: string): unknown {
    if (this.answerMode === "ignore") this.unanswered = id;
    else if (this.answerMode === "error") station.send([4, id, "InternalError", "no", {}]);
    else return { status: this.answerMode === "invalid" ? "Nonsense" : "Accepted" };
    // Taken: not a frame for the test to read.
    return undefined;
  }

  /** The answer's kind and decision; frames of commands that were left unanswered are passed over. */
  async answerTo(messageId: string): Promise<string> {
    for (;;) {
      const frame = (await this.station?.next(PATIENCE_MS)) ?? [];
      // [OCPP 2.1 P4 §4.2.4] A CALLRESULTERROR is said of an invalid answer, and answers no CALL.
      if (frame[0] === 2 || frame[0] === 5) continue;
      assert.equal(frame[1], messageId, `an answer to another CALL: ${JSON.stringify(frame)}`);
      return frame[0] === 3 ? summary(frame[2]) : `error ${frame[2]}`;
    }
  }

  send(frame: unknown): void {
    this.station?.send(frame);
  }

  async view(): Promise<ApiAnswer> {
    return this.api("GET", "");
  }

  /** Waits until it is so; what it is otherwise is the message. */
  async until(is: () => Promise<true | string> | true | string): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await is();
      if (found === true) return;
      if (performance.now() > giveUpAt) assert.fail(found);
      await pause(3);
    }
  }

  async untilOffline(): Promise<void> {
    await this.until(async () => (await this.view()).body.online === false || "still online");
  }

  // Faults

  async #own(what: string, query = `?station=${this.stationId}`): Promise<void> {
    const response = await fetch(`${this.kerbside.edge.httpUrl}/model/${what}${query}`);
    await response.text();
    assert.equal(response.status, 200, what);
  }

  async crash(): Promise<void> {
    await this.#own("crash");
    await this.station?.closed;
  }

  evict(): Promise<void> {
    return this.kerbside.edge.evict(this.stationId, { webSockets: "hibernate" });
  }

  async setClock(ms: number): Promise<void> {
    this.#clockMs = ms;
    await this.#own("clock", `?station=${this.stationId}&ms=${ms}`);
  }
  /** Ends a socket that was said goodbye to: the local edge would keep it for a quarter of a second. */
  async closed(station: TestStation | null): Promise<{ code: number; reason: string } | undefined> {
    await this.until(() => station?.socket.readyState !== WebSocket.OPEN || "the socket is open still");
    station?.kill();
    return station?.closed;
  }

  get clockMs(): number {
    return this.#clockMs;
  }
}
