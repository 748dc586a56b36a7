/**
 * The Worker as one module, bundled as wrangler would, behind the local gate. Must not know bindings or ports.
 */
import { join, resolve } from "node:path";
import { build, type Loader, stop, version } from "esbuild";
import { REPOSITORY } from "../state/local-folder.ts";
import { derived } from "./derived-text.ts";

const GATE = join(import.meta.dirname, "gate.ts");

let building = 0;

/** `textExtensions`: files the Worker imports as text, like ".html". */
export async function bundleWorker(entry: string, textExtensions: readonly string[]): Promise<string> {
  // By a release of the bundler's own each is another one.
  return derived([version, entry, ...textExtensions], () => built(entry, textExtensions));
}

async function built(entry: string, textExtensions: readonly string[]): Promise<{ text: string; inputs: string[] }> {
  building++;
  try {
    return await bundle(entry, textExtensions);
  } finally {
    building--;
    // Its service would live as long as the edge, and is what an idle edge spends most on.
    if (building === 0) await stop();
  }
}

async function bundle(entry: string, textExtensions: readonly string[]) {
  const loader: Record<string, Loader> = Object.fromEntries(textExtensions.map((extension) => [extension, "text"]));
  const result = await build({
    entryPoints: [GATE],
    bundle: true,
    metafile: true,
    absWorkingDir: REPOSITORY,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    define: { "process.env.NODE_ENV": '"production"', "navigator.userAgent": '"Cloudflare-Workers"' },
    loader,
    logLevel: "silent",
    plugins: [
      {
        name: "entry",
        setup(plugin) {
          plugin.onResolve({ filter: /^\.\.\/\.\.\/worker\.ts$/ }, ({ importer }) =>
            importer === GATE ? { path: entry } : undefined,
          );
        },
      },
    ],
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error("The bundler wrote nothing");
  // With this file, which decides what is made of them.
  const inputs = Object.keys(result.metafile.inputs).map((path) => resolve(REPOSITORY, path));
  return { text: output.text, inputs: [import.meta.filename, ...inputs] };
}
