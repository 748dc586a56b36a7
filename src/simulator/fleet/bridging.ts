/**
 * The bridges of one run, one for each broker, with the CSMS behind them: started once the stations are registered, and before the
 * first of them comes. Must not know what the stations do.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Result } from "../../result.ts";
import { type BridgeFigures, sumOfFigures } from "../csms/bridge-figures.ts";
import { BridgeProcess } from "../csms/bridge-process.ts";
import { type CsmsAddress, csmsAddress } from "../csms/csms-address.ts";
import { type Broker, NotUsable, RUN_LABEL } from "./broker.ts";

/** ms in which a registration is in the directory. */
const LISTED_WITHIN_MS = 60_000;
const LISTED_LOOK_MS = 300;
/** ms for the links, beside what their pace takes. */
const LINKED_WITHIN_MS = 60_000;
const PER_SECOND_MIN = 100;
const PER_SECOND_MAX = 10_000;

export interface BridgedFigures extends BridgeFigures {
  /** The CSMS's address. */
  csms: string;
}

export class Bridging {
  /** By which the bridges know their stations. */
  readonly run: string;
  readonly #csms: CsmsAddress;
  readonly #brokers: readonly Broker[];
  readonly #perSecond: number;
  readonly #bridges: BridgeProcess[] = [];
  readonly #broken = new AbortController();
  /** How the bridges stood before the stations left. */
  #standing: Pick<BridgeFigures, "stations" | "linked" | "sockets"> | null = null;

  private constructor(run: string, csms: CsmsAddress, brokers: readonly Broker[], connectsPerSecond: number) {
    this.run = run;
    this.#csms = csms;
    this.#brokers = brokers;
    // A station's socket at the CSMS must not wait behind those of the stations that came after it.
    this.#perSecond = Math.min(Math.max(2 * connectsPerSecond, PER_SECOND_MIN), PER_SECOND_MAX);
  }

  /**
   * @param run a name that no other run has
   * @throws {NotUsable} where the CSMS is not there
   */
  static async prepare(
    run: string,
    csms: string,
    brokers: readonly Broker[],
    connectsPerSecond: number,
  ): Promise<Bridging> {
    return new Bridging(run, valueIn(await csmsAddress(csms)), brokers, connectsPerSecond);
  }

  /** Aborted where a bridge ends by itself. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Links every station of the run. @throws {NotUsable} where that cannot be */
  async carry(over: AbortSignal, registered: number): Promise<void> {
    const counts = await listed(this.#brokers, this.run, registered, over);
    // One after the other: what is started is known to whoever ends them, whatever becomes of the next.
    for (const [index, broker] of this.#brokers.entries()) await this.#link(broker, counts[index] ?? 0, over);
  }

  async #link({ target, keyFile }: Broker, stations: number, over: AbortSignal): Promise<void> {
    if (over.aborted || stations === 0) return;
    const bridge = valueIn(
      await BridgeProcess.start({
        ...{ api: target.http.origin, keyFile, csms: this.#csms.url },
        ...{ label: `${RUN_LABEL}=${this.run}`, connectsPerSecond: this.#perSecond },
      }),
    );
    this.#bridges.push(bridge);
    bridge.program.gone.addEventListener("abort", () => this.#broken.abort());
    const withinMs = LINKED_WITHIN_MS + (1_000 * stations) / this.#perSecond;
    if ((await bridge.linked(stations, withinMs, over)) || over.aborted) return;
    this.#complainOfEnd();
    throw new NotUsable(`The bridge did not link all ${stations} stations of ${target.http.origin}`);
  }

  /** Remembers how they stand. */
  async look(): Promise<void> {
    const { stations, linked, sockets } = sumOfFigures(await this.#figures((bridge) => bridge.figures()));
    this.#standing = { stations, linked, sockets };
  }

  /** What they counted once nothing more comes, and how they stood when they were looked at. @throws {NotUsable} where one ended */
  async settled(): Promise<BridgedFigures> {
    const figures = sumOfFigures(await this.#figures((bridge) => bridge.settled()));
    this.#complainOfEnd();
    return { csms: this.#csms.url, ...figures, ...this.#standing };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#bridges.map((each) => each.stop()));
    await this.#csms.stop();
  }

  async #figures(ask: (bridge: BridgeProcess) => Promise<BridgeFigures | null>): Promise<BridgeFigures[]> {
    return (await Promise.all(this.#bridges.map(ask))).filter((each) => each !== null);
  }

  /** @throws {NotUsable} with its words, where a bridge ended by itself */
  #complainOfEnd(): void {
    const ended = this.#bridges.find(({ program }) => program.gone.aborted);
    if (ended !== undefined) throw new NotUsable(`The bridge ended by itself: ${ended.program.complaint}`);
  }
}

/** At each broker, how many stations of the run its directory names: all of them together, in time. */
export async function listed(
  brokers: readonly Broker[],
  run: string,
  registered: number,
  over: AbortSignal,
): Promise<number[]> {
  const until = performance.now() + LISTED_WITHIN_MS;
  for (;;) {
    const counts = await Promise.all(brokers.map((broker) => broker.listed(run)));
    if (over.aborted || counts.reduce((sum, count) => sum + count, 0) >= registered) return counts;
    if (performance.now() >= until)
      throw new NotUsable("The directory does not name the stations that were registered");
    await delay(LISTED_LOOK_MS);
  }
}

function valueIn<T>(result: Result<T, string>): T {
  if (result.ok) return result.value;
  throw new NotUsable(result.error);
}
