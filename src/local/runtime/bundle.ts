/**
 * The Worker as one module, bundled as wrangler would, behind the local gate. Must not know bindings or ports.
 */
import { join } from "node:path";
import { build, type Loader, stop } from "esbuild";

const GATE = join(import.meta.dirname, "gate.ts");

let building = 0;

/** `textExtensions`: files the Worker imports as text, like ".html". */
export async function bundleWorker(entry: string, textExtensions: readonly string[]): Promise<string> {
  building++;
  try {
    return await bundle(entry, textExtensions);
  } finally {
    building--;
    // Its service would live as long as the edge, and is what an idle edge spends most on.
    if (building === 0) await stop();
  }
}

async function bundle(entry: string, textExtensions: readonly string[]): Promise<string> {
  const loader: Record<string, Loader> = Object.fromEntries(textExtensions.map((extension) => [extension, "text"]));
  const result = await build({
    entryPoints: [GATE],
    bundle: true,
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
  return output.text;
}
