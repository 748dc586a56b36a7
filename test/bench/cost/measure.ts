/**
 * One station's day on the local edge, with the clock put forward between steps and the object put to sleep before each:
 * all that it costs is counted, and what caused it. Must not know prices.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { HttpPeer, SECRET, until } from "../../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../../support/kerbside.ts";
import { BOOT_16, STATUS_16, type TestStation } from "../../support/test-station.ts";
import { cpuMs } from "../figures.ts";
import { DayCsms } from "./csms.ts";
import { type Counts, type Kind, KINDS, type Measurement, minus, NO_COUNTS, plus } from "./measurement.ts";
import { DAY_MS, type Step, stepsOf, type Traffic } from "./traffic.ts";

const STATION = "COST-1";
/** More than a station's log keeps, so that the day is one of many: each new row takes the place of an old one. */
const FILL_EVENTS = 210;
/** ms that a station is away before it reconnects. */
const AWAY_MS = 60_000;
const QUIET_POLLS_MAX = 2_000;
/** Messages of a day, of which a CSMS decides one. */
const DECIDED_EVERY = 4;

export interface Samples {
  /** Messages of each kind for the CPU time of one. */
  cpuMessages: number;
  cpuReconnects: number;
  fillEvents?: number;
}

interface State {
  counts: Counts;
  directory: Measurement["directory"];
  linkMessages: number;
  isQuiet: boolean;
  /** ms since the epoch */
  alarmAt: number | null;
}

/** Nobody but Kerbside answers. */
export const NO_CSMS: Measurement["csms"] = { kind: "none", thinkMs: 0 };

export async function measure(
  webhooks: number,
  traffic: Traffic,
  samples: Samples,
  { kind, thinkMs }: Measurement["csms"] = NO_CSMS,
  receiverMs = 0,
): Promise<Measurement> {
  const csms = await DayCsms.start(kind);
  const receiver = await HttpPeer.start();
  let logLines = 0;
  const entry = join(import.meta.dirname, "measuring-worker.js");
  const heartbeatSeconds = Math.ceil(DAY_MS / 1000 / Math.max(traffic.heartbeats, 1));
  const env = { HEARTBEAT_INTERVAL_SECONDS: String(heartbeatSeconds), ...csms.env };
  const kerbside = await startKerbside(env, {
    entry,
    persist: false,
    log: () => logLines++,
    connectsPerStation: 1_000,
  });
  try {
    for (let index = 0; index < webhooks; index++) {
      await kerbside.api("PUT", `/v1/webhooks/w${index}`, { url: receiver.url, secret: SECRET });
    }
    const day = new Day(kerbside, csms);
    await day.prepare(samples.fillEvents ?? FILL_EVENTS);
    csms.thinkMs = thinkMs;
    receiver.reply = () => ({ status: 204, delayMs: receiverMs });
    const linesBefore = logLines;
    const before = await day.state();
    for (const step of stepsOf(traffic)) await day.take(step);
    await day.alarmsUntil(DAY_MS);
    csms.thinkMs = 0;
    receiver.reply = () => ({ status: 204 });
    const directory = await day.directorySince(before);
    const dayLines = logLines - linesBefore;
    const { storage } = (await kerbside.api("GET", `/v1/stations/${STATION}`)).body;
    return {
      measuredAt: new Date().toISOString(),
      webhooks,
      csms: { kind, thinkMs },
      receiverMs,
      traffic,
      kinds: day.kinds as Measurement["kinds"],
      actions: day.actions,
      directory,
      storedBytes: storage.bytes,
      logLines: dayLines,
      cpuMs: await day.cpu(samples),
    };
  } finally {
    await csms.stop();
    await kerbside.stop();
    await receiver.stop();
  }
}

interface Sum {
  times: number;
  counts: Counts;
}

class Day {
  readonly kinds: Record<string, Sum> = Object.fromEntries(
    KINDS.map((kind) => [kind, { times: 0, counts: NO_COUNTS }]),
  );
  readonly actions: Record<string, Sum> = {};
  readonly #kerbside: Kerbside;
  readonly #csms: DayCsms;
  #station: TestStation | null = null;
  #transactionId = 0;
  /** CALLs of the station that a CSMS on its own socket is told of. */
  #told = 0;
  /** ms since the epoch */
  #start = 0;
  #state: State = {
    counts: NO_COUNTS,
    linkMessages: 0,
    directory: { transitions: 0, rowsWritten: 0, rowsRead: 0, counterWrites: 0, counterRows: 0 },
    isQuiet: true,
    alarmAt: null,
  };

  constructor(kerbside: Kerbside, csms: DayCsms) {
    this.#kerbside = kerbside;
    this.#csms = csms;
  }

  /** Registered, booted, and with as many events behind it as it keeps. */
  async prepare(fillEvents: number): Promise<void> {
    await this.#kerbside.register(STATION, this.#csms.kind === "link" ? { csms: "link" } : {});
    const { httpUrl, apiKey } = this.#kerbside.edge;
    await this.#csms.link(`${httpUrl.replace("http", "ws")}/v1/stations/${STATION}/csms`, apiKey);
    await this.#connect();
    await this.#call("BootNotification", BOOT_16);
    for (let count = 0; count < fillEvents; count++) await this.#call("StatusNotification", STATUS_16);
    await this.#quiet();
    await until("the directory to know the station", async () => {
      const { counts, directory } = await this.state();
      return directory.transitions >= counts.queueMessages;
    });
    this.#start = Date.now();
    await this.#quiet();
  }

  async take(step: Step): Promise<void> {
    await this.alarmsUntil(step.atMs);
    switch (step.kind) {
      case "heartbeat":
        return this.#charge(step.atMs, "heartbeat", "Heartbeat", () => this.#call("Heartbeat"));
      case "message":
        return this.#charge(step.atMs, "message", step.action, () =>
          this.#call(step.action, step.payload(this.#moment(step.atMs))),
        );
      case "command":
        return this.#charge(step.atMs, "command", "UnlockConnector", async () => {
          const { status, body } = await this.#kerbside.command(STATION, "UnlockConnector", { connectorId: 1 });
          if (status !== 200) throw new Error(`a command ended with ${status} ${JSON.stringify(body)}`);
        });
      case "reconnect":
        await this.#charge(step.atMs, "reconnect", "disconnect", async () => this.#station?.close());
        return this.#charge(step.atMs + AWAY_MS, "reconnect", "connect", () => this.#connect());
    }
  }

  /** Rings as the platform would have by then. */
  async alarmsUntil(atMs: number): Promise<void> {
    for (let at = this.#state.alarmAt; at !== null && at - this.#start <= atMs; at = this.#state.alarmAt) {
      await this.#charge(at - this.#start, "alarm", "alarm", () => this.#ask(`alarm?station=${STATION}`));
    }
  }

  async directorySince(before: State): Promise<Measurement["directory"]> {
    const { directory } = await until("the directory to take the day's transitions", async () => {
      const state = await this.state();
      return state.directory.transitions >= state.counts.queueMessages ? state : null;
    });
    return {
      transitions: directory.transitions - before.directory.transitions,
      rowsWritten: directory.rowsWritten - before.directory.rowsWritten,
      rowsRead: directory.rowsRead - before.directory.rowsRead,
      counterWrites: directory.counterWrites - before.directory.counterWrites,
      counterRows: directory.counterRows - before.directory.counterRows,
    };
  }

  /** The object awake, one message at a time. */
  async cpu({ cpuMessages, cpuReconnects }: Samples): Promise<Measurement["cpuMs"]> {
    const pid = this.#kerbside.edge.workerdPid();
    const each = async (count: number, work: (done: number) => Promise<unknown>) => {
      if (pid === undefined || count === 0) return 0;
      const before = cpuMs(pid);
      for (let done = 0; done < count; done++) await work(done);
      await this.#quiet();
      return (cpuMs(pid) - before) / count;
    };
    return {
      heartbeat: await each(cpuMessages, () => this.#call("Heartbeat")),
      message: await each(cpuMessages, (done) =>
        done % DECIDED_EVERY === 0
          ? this.#call("Authorize", { idTag: `CPU${done}` })
          : this.#call("StatusNotification", STATUS_16),
      ),
      reconnect: await each(cpuReconnects, async () => {
        await this.#station?.close();
        await this.#connect();
      }),
    };
  }

  async state(): Promise<State> {
    const response = await this.#ask(`counts?station=${STATION}`);
    return (await response.json()) as State;
  }

  async #charge(atMs: number, kind: Kind, action: string, work: () => Promise<unknown>): Promise<void> {
    const before = this.#state.counts;
    await this.#kerbside.edge.evict(STATION);
    await this.#ask(`clock?aheadMs=${this.#start + atMs - Date.now()}`);
    await work();
    await this.#quiet();
    const spent = minus(this.#state.counts, before);
    // A reconnect is two steps, and one event.
    const one = action === "disconnect" ? 0 : 1;
    for (const [sums, key] of [
      [this.kinds, kind],
      [this.actions, action],
    ] as const) {
      const { times, counts } = sums[key] ?? { times: 0, counts: NO_COUNTS };
      sums[key] = { times: times + (sums === this.actions ? 1 : one), counts: plus(counts, spent) };
    }
  }

  /** Until no handler runs and nothing is under way that one of them began. */
  async #quiet(): Promise<void> {
    await this.#rest(async () => {
      if (this.#csms.failure !== null) throw this.#csms.failure;
      this.#state = await this.state();
      if (this.#csms.kind !== "link") return this.#state.isQuiet;
      // The object is not asked, which would count. Until it has taken the answer to the last CALL more is to come.
      const { answers } = this.#csms;
      return this.#state.isQuiet && answers >= this.#told && this.#state.linkMessages >= answers;
    });
  }

  async #rest(isResting: () => Promise<boolean>): Promise<void> {
    for (let polls = 0; polls < QUIET_POLLS_MAX; polls++) {
      if (await isResting()) return;
      await delay(2);
    }
    const { answers } = this.#csms;
    throw new Error(
      `the object does not come to rest: ${JSON.stringify({ ...(await this.state()), answers, told: this.#told })}`,
    );
  }

  async #connect(): Promise<void> {
    this.#station = await this.#kerbside.station(STATION, { register: false });
    this.#station.answerCalls(() => ({ status: "Unlocked" }));
  }

  #moment(atMs: number) {
    return { transactionId: this.#transactionId, timestamp: new Date(this.#start + atMs).toISOString() };
  }

  async #call(action: string, payload: unknown = {}): Promise<void> {
    const frame = await this.#station?.call(action, payload);
    if (frame?.[0] !== 3) throw new Error(`${action} was answered with ${JSON.stringify(frame)}`);
    if (action !== "Heartbeat") this.#told++;
    if (action === "StartTransaction") this.#transactionId = frame[2].transactionId;
  }

  async #ask(path: string): Promise<Response> {
    const response = await fetch(`${this.#kerbside.edge.httpUrl}/measure/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
