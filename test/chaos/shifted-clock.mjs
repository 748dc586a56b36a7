/**
 * `--import`ed by the front of a local edge under chaos: its clock is off by what a file says, and its Worker is bundled
 * behind shifted-worker.js, whose clock follows. Must not change anything else.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";

const POLL_MS = 100;
const ENTRY = join(import.meta.dirname, "shifted-worker.js");
const SHIM = new URL("shifted-esbuild", import.meta.url).href;
const { now } = Date;
const file = process.env.CHAOS_CLOCK_FILE ?? "";
let offsetMs = 0;

function read() {
  try {
    offsetMs = Number(readFileSync(file, "utf8"));
  } catch {
    offsetMs = 0;
  }
}
read();
setInterval(read, POLL_MS).unref();

Date.now = () => now() + offsetMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [target.now()] : given, made),
});

// Whatever bundles the Worker gets the shifted one in its place.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "esbuild" && context.parentURL !== SHIM && context.parentURL?.includes("/src/local/")
      ? { url: SHIM, shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url === SHIM ? { format: "module", source: SOURCE, shortCircuit: true } : next(url, context),
});

const SOURCE = `
import * as esbuild from "esbuild";
export * from "esbuild";
const entry = {
  name: "shifted-clock",
  setup: (plugin) =>
    plugin.onResolve({ filter: /^\\.\\.\\/worker\\.ts$/ }, ({ importer }) =>
      importer.endsWith("/gate.ts") ? { path: ${JSON.stringify(ENTRY)} } : undefined),
};
export const build = (options) => esbuild.build({ ...options, plugins: [entry, ...(options.plugins ?? [])] });
`;
