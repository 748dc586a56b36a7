/**
 * Builds the console into dist/assets, from where the Worker serves it, and says what each page weighs against its budget. Run before
 * every npm script and build; must not know what is on a page.
 */
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rollup } from "vite";

const root = resolve(import.meta.dirname, "../..");
const out = join(root, "dist/assets");
const files = join(out, "console");

/** Gzipped, in KB of 1,000 bytes: what is loaded first, whatever page is opened; and what one page adds to it. */
const FIRST_MAX_KB = 150;
const PAGE_MAX_KB = 60;
/** The page of a station has the forms of every command and the tail. */
const PAGES_MAX_KB: Readonly<Record<string, number>> = { "station-page": 90 };

const built = (await build({
  configFile: false,
  logLevel: "warn",
  root: import.meta.dirname,
  base: "/",
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: out,
    assetsDir: "console",
    emptyOutDir: false,
    target: "es2022",
    // The policy of these pages lets no script stand in one, nor a file in an address.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
  },
})) as Rollup.RollupOutput;

// What a page that is open still asks for goes last; names have a digest in them.
const made = new Set(built.output.map(({ fileName }) => basename(fileName)));
for (const name of readdirSync(files)) if (!made.has(name)) rmSync(join(files, name));
const now = new Date();
utimesSync(join(out, "index.html"), now, now);

const gzippedOf = (fileName: string): number => gzipSync(readFileSync(join(out, fileName))).length / 1000;
const chunks = built.output.filter((each) => each.type === "chunk");
const styles = built.output.filter(({ fileName }) => fileName.endsWith(".css"));

/** With all that has to be there before it runs. */
function weighed(fileName: string, seen: Set<string>): number {
  if (seen.has(fileName)) return 0;
  seen.add(fileName);
  const chunk = chunks.find((each) => each.fileName === fileName);
  const css = [...((chunk as { viteMetadata?: { importedCss: Set<string> } })?.viteMetadata?.importedCss ?? [])];
  return gzippedOf(fileName) + [...(chunk?.imports ?? []), ...css].reduce((sum, each) => sum + weighed(each, seen), 0);
}

const lines: string[] = [];
const over: string[] = [];
function weigh(name: string, kb: number, maxKb: number): void {
  lines.push(`${name.padEnd(18)} ${kb.toFixed(1).padStart(6)} KB of ${maxKb}`);
  if (kb > maxKb) over.push(`${name} weighs ${kb.toFixed(1)} KB gzipped, over its budget of ${maxKb}`);
}

const entry = chunks.find(({ isEntry }) => isEntry);
if (entry === undefined || styles.length === 0) throw new Error("the build of the console made no page");
const first = new Set<string>();
weigh("first load", gzippedOf("index.html") + weighed(entry.fileName, first), FIRST_MAX_KB);
for (const { name, fileName } of chunks.filter(
  ({ isDynamicEntry, name: each }) => isDynamicEntry && each.endsWith("-page"),
))
  weigh(name, weighed(fileName, new Set(first)), PAGES_MAX_KB[name] ?? PAGE_MAX_KB);
const total = built.output.reduce((sum, { fileName }) => sum + statSync(join(out, fileName)).size, 0);
console.log(`The console, gzipped:\n  ${lines.join("\n  ")}\n  all files ${(total / 1000).toFixed(0)} KB as they are`);
if (over.length > 0) {
  console.error(over.join("\n"));
  process.exit(1);
}
