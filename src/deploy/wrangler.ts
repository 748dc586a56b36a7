/**
 * wrangler as a program, and what its configuration says. Must not know what it is asked to do.
 */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { unstable_readConfig } from "wrangler";

const ROOT = resolve(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

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
  await run(args, env, "inherit");
}

/** @throws where it fails */
export const wranglerSays = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
  run(args, env, "pipe");

async function run(args: readonly string[], env: NodeJS.ProcessEnv, output: "inherit" | "pipe"): Promise<string> {
  // What went wrong is the person's to see, also of what is read here.
  const stdio = ["inherit", output, "inherit"] as const;
  const child = spawn(process.execPath, [WRANGLER, ...args], { env, cwd: ROOT, stdio: [...stdio] });
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  const code = await new Promise<number | null>((done, failed) => {
    child.once("close", done).once("error", failed);
  });
  if (code === 0) return said;
  throw new Error(
    `wrangler ${args[0]} failed (exit code ${code}): what it wrote is above. Mend it, and run this again`,
  );
}
