/**
 * `npm run bench -- console [list] [tail] [bundle]`: what the console takes with a large fleet and a busy station, against its bounds.
 * Must not know how any of it is measured.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Unusable } from "../../../src/programs/option-values.ts";
import { list } from "./list.ts";
import { tail } from "./tail.ts";

const BUILD = join(import.meta.dirname, "../../../src/console/build.ts");

const ARMS: Readonly<Record<string, () => Promise<boolean>>> = {
  bundle: async () => {
    try {
      process.stdout.write(execFileSync(process.execPath, [BUILD], { encoding: "utf8" }));
      return true;
    } catch {
      return false;
    }
  },
  list,
  tail,
};

/** @throws where an arm is none */
export async function consoleBench(args: readonly string[]): Promise<void> {
  const names = args.length === 0 ? Object.keys(ARMS) : args;
  for (const name of names) {
    const arm = ARMS[name];
    if (arm === undefined) throw new Unusable(`console has ${Object.keys(ARMS).join(", ")}, not ${name}`);
    if (!(await arm())) process.exitCode = 1;
  }
}
