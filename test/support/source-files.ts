/**
 * The files of src and what each imports, read from their texts. Must not know which imports are right.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../../src");

export interface Import {
  /** Relative to src for our own files, otherwise the specifier. */
  target: string;
  own: boolean;
  typeOnly: boolean;
}

const STATEMENT = /^(?:import|export)\s(?:(type)\s)?([^;"']*?)\sfrom\s+["']([^"']+)["']/gm;
const BARE = /^import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

export function importsOf(file: string, text: string): Import[] {
  const found = [...text.matchAll(STATEMENT)].map(([, type, names = "", specifier = ""]) => {
    const listed = /^\{(.*)\}$/s
      .exec(names.trim())?.[1]
      ?.split(",")
      .filter((name) => name.trim() !== "");
    const typeOnly = type !== undefined || (listed?.every((name) => /^\s*type\s/.test(name)) ?? false);
    return { specifier, typeOnly };
  });
  for (const [, bare, dynamic] of text.matchAll(BARE))
    found.push({ specifier: bare ?? dynamic ?? "", typeOnly: false });
  return found.map(({ specifier, typeOnly }) => {
    const own = specifier.startsWith(".");
    return { own, typeOnly, target: own ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier };
  });
}

export const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(?:tsx?|mjs)$/.test(file))
  .sort()
  .map((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return { file, text, imports: importsOf(file, text), isGenerated: file.includes("/generated/") };
  });
/** The folder on top of src; "": a file there. */
export const roomOf = (path: string) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");
