/**
 * Which test files can share a process: they start none, nor a server, and leave what others find in it as it was. Must not know what
 * they test.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { importsOf } from "./source-files.ts";

const TESTS = resolve(import.meta.dirname, "..");
const SOURCES = join(TESTS, "../src");
/** What a test starts others with, or listens by. */
const STARTING =
  /^(?:node:(?:child_process|cluster|dgram|http2?|https|net|tls|worker_threads)|miniflare|playwright-core|ws)$/;
/** What one test could leave behind for another. */
const LEAVING = /\bvi\.|\bglobalThis\b|\bprocess\.(?:chdir|env|umask)\b/;

/** By their paths from the project's root. */
export function filesThatShare(): string[] {
  const known = new Map<string, boolean>();
  /** @param file relative to src, as the imports have it */
  const starts = (file: string): boolean => {
    const before = known.get(file);
    if (before !== undefined) return before;
    // One of a circle starts something if another of it does, and that is looked at still.
    known.set(file, false);
    const path = join(SOURCES, file);
    const isStarting =
      existsSync(path) &&
      importsOf(file, readFileSync(path, "utf8")).some(
        ({ own, target, typeOnly }) => !typeOnly && (own ? starts(target) : STARTING.test(target)),
      );
    known.set(file, isStarting);
    return isStarting;
  };
  return readdirSync(TESTS, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .filter((file) => !LEAVING.test(readFileSync(join(TESTS, file), "utf8")) && !starts(join("../test", file)))
    .map((file) => `test/${file}`)
    .sort();
}
