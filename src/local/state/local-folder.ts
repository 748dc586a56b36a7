/**
 * Where the local edge keeps its things, by the environment. Must not know what is kept there.
 */
import { join, resolve } from "node:path";

export const REPOSITORY = resolve(import.meta.dirname, "../../..");

export function localFolder(env: NodeJS.ProcessEnv): string {
  const given = env.KERBSIDE_DIR;
  return given === undefined || given === "" ? join(REPOSITORY, ".kerbside") : resolve(given);
}
