/**
 * What wrangler reads out of wrangler.toml and of the migrations, as it read it last: to load it takes 0.6 s, 60 MB, and events that
 * are slower from then on, in the process that holds the fronts. Must not know what is made of it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, V4WorkerOptions } from "miniflare";
import { REPOSITORY } from "../state/local-folder.ts";
import { derived } from "./derived-text.ts";

export interface WranglerReading {
  name: string;
  main: string;
  /** Without bindings: those hold also what lies in a .env file, which is not to be kept. */
  options: Partial<V4WorkerOptions> & { modulesRules?: { type: string; include: string[] }[] };
  vars: Record<string, Json>;
  migrationsDir: string;
}

/** The part of wrangler's own type that is used: the package that holds the whole one is not installed with it. */
interface WranglerConfig {
  name?: string;
  vars: Record<string, Json>;
  d1_databases: { binding: string; migrations_dir?: string }[];
}

const CONFIG = join(REPOSITORY, "wrangler.toml");
/** Another release may read otherwise. */
const RELEASE = join(REPOSITORY, "node_modules/wrangler/package.json");
const OWN = [import.meta.filename, RELEASE];

export async function wranglerConfig(): Promise<WranglerReading> {
  // What it reads has the place of this checkout in it.
  const making = ["wrangler.toml", REPOSITORY, process.env.CLOUDFLARE_ENV ?? ""];
  const text = await derived(making, async () => {
    const { unstable_getMiniflareWorkerOptions, unstable_readConfig } = await import("wrangler");
    const config = unstable_readConfig({ config: CONFIG }, { hideWarnings: true });
    const { name, vars, d1_databases }: WranglerConfig = config;
    const { workerOptions, main } = unstable_getMiniflareWorkerOptions(config);
    if (main === undefined) throw new Error("wrangler.toml names no main module");
    const { bindings: _, ...options } = workerOptions;
    const directory = d1_databases.find(({ binding }) => binding === "DIRECTORY");
    if (directory === undefined) throw new Error(withoutDirectory(process.env.CLOUDFLARE_ENV));
    const reading: WranglerReading = {
      ...{ name: name ?? "kerbside", main, options, vars },
      migrationsDir: join(REPOSITORY, directory.migrations_dir ?? "src/fleet/migrations"),
    };
    return { text: JSON.stringify(reading), inputs: [...OWN, CONFIG] };
  });
  return JSON.parse(text) as WranglerReading;
}

const withoutDirectory = (environment: string | undefined): string =>
  (environment === undefined
    ? "wrangler.toml has no D1 database DIRECTORY"
    : `CLOUDFLARE_ENV is ${environment}, and that environment of wrangler.toml has no D1 database DIRECTORY: environments inherit no bindings; unset CLOUDFLARE_ENV`) +
  ", or name the database there";

/** @returns the statements of one file of SQL */
export async function sqlStatements(path: string): Promise<string[]> {
  const text = await derived(["statements", path], async () => {
    const { unstable_splitSqlQuery } = await import("wrangler");
    return { text: JSON.stringify(unstable_splitSqlQuery(readFileSync(path, "utf8"))), inputs: [...OWN, path] };
  });
  return JSON.parse(text) as string[];
}
