/**
 * The examples as programs, on the client as it is in src: not on dist, which another test makes anew. Must not know what they do.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";

export const ROOT = resolve(import.meta.dirname, "../..");
/** Inside of node_modules, so that packages are found from there. */
const CACHE = join(ROOT, "node_modules/.cache");

export class Examples {
  readonly #dir: string;
  readonly #children: ChildProcess[] = [];

  constructor() {
    mkdirSync(CACHE, { recursive: true });
    this.#dir = mkdtempSync(join(CACHE, "examples-"));
  }

  /** @returns the file of an example in one module. */
  async bundle(example: string, external: string[] = []): Promise<string> {
    const outfile = join(this.#dir, `${example.replaceAll("/", "-")}.mjs`);
    await build({
      entryPoints: [join(ROOT, "examples", example)],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "es2022",
      alias: { kerbside: join(ROOT, "src/client/kerbside.ts") },
      external: ["ocpp-rpc", ...external],
      logLevel: "error",
    });
    return outfile;
  }

  /** Runs a program until it says where it listens. */
  async serve(program: string, file: string, env: Record<string, string>): Promise<Served> {
    const child = spawn(program, [file], {
      env: { ...process.env, PORT: "0", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#children.push(child);
    const lines: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).on("line", (line) => {
        lines.push(line);
        const port = /^listening on (\d+)$/.exec(line)?.[1];
        if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
      });
      child.once("error", reject).once("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
    });
    return { url, lines };
  }

  async stop(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

export interface Served {
  url: string;
  lines: string[];
}
