/**
 * All stations of one bridge: found by themselves, carried each by itself, so that one that a CSMS refuses holds up nobody else. Must
 * not know the command line, signals or terminals.
 */
import { createSecureContext, type SecureContext } from "node:tls";
import { WebSocket } from "ws";
import { LINK_PROTOCOL } from "../ocpp/link-protocol.ts";
import { ConnectPace } from "../programs/connect-pace.ts";
import type { BridgeOptions } from "./arguments.ts";
import { backOffMs } from "./back-off.ts";
import { BridgeCounts, type BridgeStanding } from "./bridge-counts.ts";
import type { Credentials } from "./credentials.ts";
import { checkScope, type DirectoryOptions, NotUsable, registeredStations } from "./directory.ts";
import { Mirror } from "./mirror.ts";
import { StationBridge } from "./station-bridge.ts";
import type { Door, Standing } from "./station-bridge-options.ts";

/** ms between two looks for stations that came and went: what each costs Kerbside is a row read for each station. */
const LOOK_EVERY_MS = 30_000;
/** ms in which what is unanswered may be answered, when the bridge ends. */
const LEAVE_WITHIN_MS = 10_000;
const LEAVE_POLL_MS = 50;
/** As Kerbside sends frames: a CSMS's answer of more is none for a station. */
const FRAME_MAX_BYTES = 2_000_000;
/** ms for a handshake, TLS included. */
const HANDSHAKE_MS = 30_000;

type Log = (level: "info" | "warn", message: string, facts: Record<string, unknown>) => void;

export class Bridge {
  readonly counts = new BridgeCounts();
  readonly #options: BridgeOptions;
  readonly #credentials: Credentials;
  readonly #log: Log;
  readonly #stations = new Map<string, StationBridge>();
  readonly #off = new AbortController();
  readonly #pace: ConnectPace;
  readonly #tls: { secureContext?: SecureContext };
  #looking: ReturnType<typeof setTimeout> | null = null;
  #failedLooks = 0;
  #isKeyKnown = false;

  constructor(options: BridgeOptions, credentials: Credentials, log: Log) {
    this.#options = options;
    this.#credentials = credentials;
    // One for all stations: each would hold the parsed certificates once more.
    const { tls } = credentials;
    this.#tls = Object.keys(tls).length === 0 ? {} : { secureContext: createSecureContext(tls) };
    this.#log = log;
    this.#pace = new ConnectPace(options.connectsPerSecond);
  }

  /** @throws {NotUsable} where Kerbside will not have this bridge */
  async start(): Promise<void> {
    await this.#look(true);
  }

  get standing(): BridgeStanding {
    const csms: Record<string, number> = { open: 0, opening: 0, waiting: 0, closed: 0 };
    let linked = 0;
    for (const station of this.#stations.values()) {
      if (station.isLinked) linked++;
      csms[station.csmsState] = (csms[station.csmsState] ?? 0) + 1;
    }
    return { stations: this.#stations.size, linked, csms };
  }

  /** Takes no new CALL of the CSMS, waits for the open ones, closes in order. */
  async stop(): Promise<void> {
    if (this.#looking !== null) clearTimeout(this.#looking);
    for (const station of this.#stations.values()) station.leave();
    const until = performance.now() + LEAVE_WITHIN_MS;
    while (performance.now() < until && [...this.#stations.values()].some(({ isIdle }) => !isIdle)) {
      await new Promise((resolve) => setTimeout(resolve, LEAVE_POLL_MS));
    }
    this.#off.abort();
    for (const station of this.#stations.values()) station.end();
    this.#stations.clear();
  }

  async #look(isFirst = false): Promise<void> {
    try {
      const { api, labels, q, shard } = this.#options;
      const options: DirectoryOptions = { api, labels, q, shard, key: this.#credentials.apiKey };
      const ids = await registeredStations(options);
      if (!this.#isKeyKnown) await checkScope(options);
      this.#isKeyKnown = true;
      this.#follow(ids);
      this.#failedLooks = 0;
    } catch (error) {
      // At the start it is told at once; later the stations that are there go on.
      if (isFirst && error instanceof NotUsable) throw error;
      this.#log("warn", "the stations could not be looked up", { reason: (error as Error).message });
      this.#failedLooks++;
    }
    if (this.#off.signal.aborted) return;
    // A bridge that began while Kerbside was away carries nobody until it knows whom.
    const waitMs = this.#failedLooks === 0 ? LOOK_EVERY_MS : backOffMs(this.#failedLooks - 1, Math.random());
    this.#looking = setTimeout(() => void this.#look(), Math.min(waitMs, LOOK_EVERY_MS));
  }

  #follow(ids: ReadonlySet<string>): void {
    for (const [id, station] of this.#stations) {
      if (ids.has(id)) continue;
      this.#stations.delete(id);
      station.end();
    }
    for (const id of ids) {
      if (this.#stations.has(id)) continue;
      const station = this.#bridgeOf(id);
      this.#stations.set(id, station);
      void station.start();
    }
  }

  #bridgeOf(stationId: string): StationBridge {
    const { csms } = this.#options;
    const { passwordOf } = this.#credentials;
    return new StationBridge({
      stationId,
      link: () => this.#link(stationId),
      csms: (protocol, standing) => {
        const { url, protocols, options } = this.#door(csms, stationId, protocol, passwordOf(stationId));
        const headers = { ...options.headers, ...this.#forwarded(standing) };
        return { url, protocols, options: { ...options, headers, ...this.#tls } };
      },
      turn: () => this.#pace.turn(this.#off.signal),
      counts: this.counts,
      log: this.#log,
      random: Math.random,
      mirror: this.#mirrorOf(stationId),
    });
  }

  /** With credentials of its own: those of the first CSMS are none of another host's. */
  #mirrorOf(stationId: string): Mirror | null {
    const { mirror } = this.#options;
    if (mirror === null) return null;
    return new Mirror({
      open: (protocol) => {
        const password = this.#credentials.mirrorPasswordOf(stationId);
        const { url, protocols, options } = this.#door(mirror, stationId, protocol, password);
        return new WebSocket(url, protocols, options);
      },
      turn: () => this.#pace.turn(this.#off.signal),
      counts: this.counts,
      log: (level, message, facts) => this.#log(level, message, { stationId, ...facts }),
      random: Math.random,
    });
  }

  #link(stationId: string): Door {
    const url = `${this.#options.api.replace(/^http/, "ws")}/v1/stations/${encodeURIComponent(stationId)}/csms`;
    const headers = { authorization: `Bearer ${this.#credentials.apiKey}` };
    return { url, protocols: [LINK_PROTOCOL], options: { headers, ...SOCKET } };
  }

  /** With what the station came by, where that is to be said: the object alone knows its address. */
  #forwarded({ securityProfile, remoteAddress }: Standing): Record<string, string> {
    if (!this.#options.isForwarded) return {};
    return {
      ...(remoteAddress !== undefined && { "X-Forwarded-For": remoteAddress }),
      "X-Forwarded-Proto": (securityProfile ?? 0) >= 2 ? "wss" : "ws",
    };
  }

  #door(base: string, stationId: string, protocol: string, password: string | null): Door {
    const basic = password && Buffer.from(`${stationId}:${password}`).toString("base64");
    const headers = basic === null ? {} : { authorization: `Basic ${basic}` };
    return { url: `${base}/${encodeURIComponent(stationId)}`, protocols: [protocol], options: { headers, ...SOCKET } };
  }
}

const SOCKET = { perMessageDeflate: false, maxPayload: FRAME_MAX_BYTES, handshakeTimeout: HANDSHAKE_MS } as const;
