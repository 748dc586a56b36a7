/**
 * A bridge between one Kerbside and a CSMS, as a process of its own, and what it counts. Must not know the stations that it carries.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { REPOSITORY } from "../../local/state/local-folder.ts";
import { ok, type Result } from "../../result.ts";
import { type BridgeFigures, bridgeFigures } from "./bridge-figures.ts";
import { ChildProgram } from "./child-program.ts";

const SCRIPT = join(REPOSITORY, "src/bridge/main.ts");
const LOOK_MS = 200;
const ANSWER_WITHIN_MS = 10_000;
/** ms without another frame, after which nothing more is on its way. */
const QUIET_MS = 600;
const QUIET_WITHIN_MS = 15_000;

export interface BridgeTask {
  api: string;
  keyFile: string;
  /** The CSMS's endpoint. */
  csms: string;
  /** The label `name=value` of the stations that it carries. */
  label: string;
  connectsPerSecond: number;
  /** Of Node itself. */
  nodeArgs?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

export class BridgeProcess {
  readonly program: ChildProgram;

  private constructor(program: ChildProgram) {
    this.program = program;
  }

  static async start(task: BridgeTask): Promise<Result<BridgeProcess, string>> {
    const { api, keyFile, csms, label, connectsPerSecond, nodeArgs, env } = task;
    const args = ["--api", api, "--key-file", keyFile, "--csms", csms, "--label", label, "--port", "0"];
    const started = await ChildProgram.start({
      script: SCRIPT,
      args: [...args, "--connects-per-second", String(connectsPerSecond)],
      ...(nodeArgs !== undefined && { nodeArgs }),
      ...(env !== undefined && { env }),
    });
    return started.ok ? ok(new BridgeProcess(started.value)) : started;
  }

  /** `null`: it does not answer. */
  async figures(): Promise<BridgeFigures | null> {
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      return bridgeFigures(await (await fetch(String(this.program.ready.metrics), { signal })).text());
    } catch {
      return null;
    }
  }

  /** `false`: not so many stations are linked in time, or it was called off. */
  async linked(stations: number, withinMs: number, over: AbortSignal): Promise<boolean> {
    const until = performance.now() + withinMs;
    while (!over.aborted && !this.program.gone.aborted && performance.now() < until) {
      if (((await this.figures())?.linked ?? 0) >= stations) return true;
      await delay(LOOK_MS);
    }
    return false;
  }

  /** Once nothing more comes, at last after some seconds. */
  async settled(): Promise<BridgeFigures | null> {
    const until = performance.now() + QUIET_WITHIN_MS;
    for (let before = -1; ; await delay(QUIET_MS)) {
      const now = await this.figures();
      const frames = now === null ? before : now.framesToCsms + now.framesToStations;
      if (frames === before || performance.now() >= until) return now;
      before = frames;
    }
  }

  stop(): Promise<void> {
    return this.program.stop();
  }
}
