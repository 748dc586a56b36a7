/**
 * Published releases of Node as the npm package `node` brings them: which there are, and one of them on disk. Must not
 * know what they are run for.
 */
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { releasesOf } from "./bisect.ts";

export interface NodeRelease {
  /** As published: the binary may call itself otherwise. */
  version: string;
  binary: string;
}

const FOLDER = resolve(".kerbside/node-releases");
const INSTALL_TIMEOUT_MS = 180_000;
const run = promisify(execFile);
let published: Promise<string[]> | undefined;

export function publishedVersions(): Promise<string[]> {
  published ??= npm(["view", "node", "versions", "--json"], ".").then(
    (text) => JSON.parse(text) as string[],
    (error) => {
      throw new Error("The list of Node's releases is not to be had from npm", { cause: error });
    },
  );
  return published;
}

/** @param wanted a major, then its newest release, or an exact version */
export async function nodeRelease(wanted: string): Promise<NodeRelease> {
  const version = wanted.includes(".") ? wanted : releasesOf(Number(wanted), await publishedVersions()).at(-1);
  if (version === undefined) throw new Error(`The npm package node has no release ${wanted}`);
  const binary = join(FOLDER, version, "node");
  if (!existsSync(binary)) await install(version, binary);
  return { version, binary };
}

/** The binary alone is kept, by one rename, so that a run that was stopped leaves no half of one. */
async function install(version: string, binary: string): Promise<void> {
  if (!(await publishedVersions()).includes(version)) throw new Error(`The npm package node has no release ${version}`);
  mkdirSync(FOLDER, { recursive: true });
  const draft = mkdtempSync(join(FOLDER, ".install-"));
  try {
    // A project of its own, or npm would put the package into this one.
    writeFileSync(join(draft, "package.json"), '{ "private": true }\n');
    // Its install script fetches the binary, as another npm package: a user's own `ignore-scripts` would leave none.
    const flags = ["--ignore-scripts=false", "--no-audit", "--no-fund", "--no-package-lock"];
    await npm(["install", ...flags, `node@${version}`], draft);
    const installed = join(draft, "node_modules/node/bin/node");
    if (!existsSync(installed)) throw new Error("there is none for this platform");
    mkdirSync(join(draft, version));
    copyFileSync(installed, join(draft, version, "node"));
    renameSync(join(draft, version), join(FOLDER, version));
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    const why = /^npm (?:error|ERR!) (?!code)(.+)$/m.exec(stderr)?.[1] ?? message;
    throw new Error(`Node ${version} is not to be had from npm: ${why}`, { cause: error });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  if (!existsSync(binary)) throw new Error(`Node ${version} was installed without its binary`);
}

async function npm(args: string[], cwd: string): Promise<string> {
  // What npm tells the scripts it runs must not lead one npm to the folder of another.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle)_/i.test(name)),
  );
  const { stdout } = await run("npm", args, { cwd, env, timeout: INSTALL_TIMEOUT_MS, maxBuffer: 16_000_000 });
  return stdout;
}
