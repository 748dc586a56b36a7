/**
 * wrangler as a program, and what its configuration says. Must not know what it is asked to do.
 */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { unstable_readConfig } from "wrangler";

const ROOT = resolve(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** By which somebody ends a program. */
export const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** The part of wrangler's own type that is used. */
export interface Configured {
  name?: string | undefined;
  account_id?: string | undefined;
  workers_dev?: boolean | undefined;
  preview_urls?: boolean | undefined;
  routes?: ({ pattern: string } | string)[] | undefined;
  vars: Record<string, unknown>;
  d1_databases: { binding: string; database_name?: string; database_id?: string }[];
  queues: { producers?: { binding: string; queue: string }[]; consumers?: { queue: string }[] };
}

export const configured = (path: string): Configured =>
  unstable_readConfig({ config: path }, { hideWarnings: true }) as unknown as Configured;

/** Its output is the person's to see. @throws where it fails */
export async function wrangler(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  await run(args, env, "inherit", null);
}

/** @param expected of what it complains where that is an answer too, and need not be shown @throws where it fails */
export const wranglerSays = (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  expected: RegExp | null = null,
): Promise<string> => run(args, env, "pipe", expected);

async function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: "inherit" | "pipe",
  expected: RegExp | null,
): Promise<string> {
  // What went wrong is the person's to see, also of what is read here.
  const errors = expected === null ? "inherit" : "pipe";
  const child = spawn(process.execPath, [WRANGLER, ...args], { env, cwd: ROOT, stdio: ["inherit", output, errors] });
  const [said, complained] = [textOf(child.stdout), textOf(child.stderr)];
  // Ctrl+C ends it, and not who started it: that has something to undo.
  const stop = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, stop);
  const code = await new Promise<number | null>((done, failed) => {
    child.once("close", done).once("error", failed);
  }).finally(() => {
    for (const signal of SIGNALS) process.off(signal, stop);
  });
  if (expected !== null && !expected.test(complained())) process.stderr.write(complained());
  if (code === 0) return said();
  throw new Error(
    code === null
      ? `wrangler ${args[0]} was stopped. Run this again`
      : `wrangler ${args[0]} failed (exit code ${code}): what it wrote is above. Mend it, and run this again`,
  );
}

/** What comes, up to now. */
function textOf(stream: Readable | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (more) => {
    text += more;
  });
  return () => text;
}
