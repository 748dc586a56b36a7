/**
 * Who works with the demo's fleet: subscribes to its events, asks stations for things, runs campaigns. Must not know how the stations
 * came to be.
 */
import { randomBytes } from "node:crypto";
import { Kerbside, KerbsideProblem, KerbsideUnreachable } from "../../client/kerbside.ts";
import { pause } from "../../programs/pause.ts";
import type { CastMember } from "../fleet/simulation-options.ts";
import { CAST, ODD } from "./cast.ts";
import type { Receiver } from "./receiver.ts";

const SECRET_BYTES = 32;
const ASKS_EVERY_MS = 8_000;
/** ms until the directory has those that just came. */
const SETTLED_MS = 3_000;
const KEEPS_SECONDS = 86_400;
const LATER_MS = 3_600_000;
const STATUS = { action: "TriggerMessage", payload: { requestedMessage: "StatusNotification" } };
const BEAT = { action: "TriggerMessage", payload: { requestedMessage: "Heartbeat" } };

export class Operator {
  readonly #kerbside: Kerbside;
  readonly #signal: AbortSignal;

  constructor(url: string, key: string, signal: AbortSignal) {
    const { fetch } = globalThis;
    this.#signal = signal;
    // What is under way when the demo ends must not hold it up.
    this.#kerbside = new Kerbside({
      ...{ url, key, retries: 0 },
      fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.any([signal, init.signal as AbortSignal]) }),
    });
  }

  async subscribe({ worksUrl, failsUrl }: Receiver): Promise<void> {
    const secret = () => randomBytes(SECRET_BYTES).toString("base64");
    await this.#kerbside.putWebhook("backend", { url: worksUrl, secret: secret() });
    await this.#kerbside.putWebhook("billing", { url: failsUrl, secret: secret(), types: ["ocpp.call"] });
  }

  /** Until the signal; what fails is seen on the console. `isAway`: the one that commands are to wait for is off. */
  async work(isAway: Promise<void>): Promise<void> {
    try {
      await isAway;
      if (!(await pause(SETTLED_MS, this.#signal))) return;
      await this.#queue();
      await this.#campaigns();
      for (let turn = 0; await pause(ASKS_EVERY_MS, this.#signal); turn++) await this.#ask(turn);
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }

  /** For the one that is off. */
  async #queue(): Promise<void> {
    const commands = [
      { action: "GetConfiguration", payload: { key: ["HeartbeatInterval"] } },
      { action: "ChangeConfiguration", payload: { key: "MeterValueSampleInterval", value: "30" } },
      { action: "Reset", payload: { type: "Soft" } },
    ];
    for (const command of commands) await this.#command(ODD.away.stationId, command, KEEPS_SECONDS);
  }

  async #campaigns(): Promise<void> {
    const campaign = { ratePerSecond: 1, expiresInSeconds: KEEPS_SECONDS };
    const harbour = { labels: { site: "harbour" }, online: true };
    await this.#make({ name: "Wake the harbour", ...BEAT, filter: harbour, ratePerSecond: 5 });
    await this.#make({ name: "Status of the whole fleet", ...STATUS, filter: {}, ...campaign });
    const airport = await this.#make({
      ...{ name: "Soft reset of the airport", action: "Reset", payload: { type: "OnIdle" } },
      ...{ filter: { labels: { site: "airport" }, protocol: "ocpp2.1" }, ...campaign },
      startAt: new Date(Date.now() + LATER_MS).toISOString(),
    });
    await this.#tolerant(() => this.#kerbside.request("POST", `/v1/campaigns/${airport}/pause`));
  }

  async #make(campaign: object): Promise<string | undefined> {
    const made = await this.#tolerant(() =>
      this.#kerbside.request<{ campaignId: string }>("POST", "/v1/campaigns", campaign),
    );
    return made?.campaignId;
  }

  /** Another station each time; one command in six is of another version than the station's, and refused. */
  async #ask(turn: number): Promise<void> {
    const { stationId, protocol } = CAST[(turn * 5) % CAST.length] as CastMember;
    const is16 = (protocol === "ocpp1.6") !== (turn % 6 === 5);
    const variable = { component: { name: "ChargingStation" }, variable: { name: "Model" } };
    const asked = is16
      ? { action: "GetConfiguration", payload: { key: ["HeartbeatInterval"] } }
      : { action: "GetVariables", payload: { getVariableData: [variable] } };
    await this.#command(stationId, turn % 3 === 2 ? STATUS : asked, 0);
  }

  async #command(stationId: string, command: object, expiresInSeconds: number): Promise<void> {
    const path = `/v1/stations/${encodeURIComponent(stationId)}/commands`;
    await this.#tolerant(() => this.#kerbside.request("POST", path, { ...command, expiresInSeconds }));
  }

  /** A station may be off, or the edge be busy. */
  async #tolerant<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof KerbsideProblem || error instanceof KerbsideUnreachable) return undefined;
      throw error;
    }
  }
}
