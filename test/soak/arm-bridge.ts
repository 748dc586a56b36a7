/**
 * The bridge between one arm's edge and a CSMS, as a process to watch. Must not know what connects to the edge.
 */
import { join } from "node:path";
import { Broker, NotUsable, RUN_LABEL } from "../../src/simulator/fleet/broker.ts";
import { listed } from "../../src/simulator/fleet/bridging.ts";
import { BridgeProcess } from "../../src/simulator/csms/bridge-process.ts";
import type { Plant, Watched } from "./edge-arm.ts";
import { askHeap } from "./heap-question.ts";

const LINKED_WITHIN_MS = 60_000;
/** Far above what a round opens: waiting for a turn would be measured in place of a socket. */
const CONNECTS_PER_SECOND = 1_000;

export interface BridgedArm {
  /** The edge's API. */
  api: string;
  dir: string;
  csms: string;
  /** By which the bridge knows its stations. */
  run: string;
  stations: number;
  plant: Plant | null;
}

export class ArmBridge {
  readonly #bridge: BridgeProcess;

  private constructor(bridge: BridgeProcess) {
    this.#bridge = bridge;
  }

  /** With a link to each of the arm's stations, which are registered. */
  static async start({ api, dir, csms, run, stations, plant }: BridgedArm, over: AbortSignal): Promise<ArmBridge> {
    const http = new URL(api);
    const broker = await Broker.find({ http, tls: http, mtls: http, dir }, dir);
    await listed([broker], run, stations, over);
    const preloads = ["probe.ts", ...(plant === null ? [] : ["plant.ts"])];
    const started = await BridgeProcess.start({
      ...{ api, csms, keyFile: broker.keyFile, label: `${RUN_LABEL}=${run}`, connectsPerSecond: CONNECTS_PER_SECOND },
      nodeArgs: ["--expose-gc", ...preloads.flatMap((name) => ["--import", join(import.meta.dirname, name)])],
      ...(plant !== null && {
        env: { ...process.env, SOAK_PLANT_COHORT: plant.cohort, SOAK_PLANT_BYTES: String(plant.bytes) },
      }),
    });
    if (!started.ok) throw new NotUsable(started.error);
    const bridge = started.value;
    if ((await bridge.linked(stations, LINKED_WITHIN_MS, over)) || over.aborted) return new ArmBridge(bridge);
    await bridge.stop();
    throw new NotUsable(`The bridge did not link all ${stations} stations of ${api}: ${bridge.program.complaint}`);
  }

  get watched(): Watched {
    const { child } = this.#bridge.program;
    return { name: "bridge", pid: child.pid ?? 0, heap: () => askHeap(child) };
  }

  stop(): Promise<void> {
    return this.#bridge.stop();
  }
}
