/**
 * Makes the package's export of the client: one module for every platform, and its types, in dist/client. Run by `npm pack`; must not
 * know what the client does.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "../..");
const out = join(root, "dist/client");

rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: [join(root, "src/client/kerbside.ts")],
  outfile: join(out, "kerbside.js"),
  bundle: true,
  format: "esm",
  platform: "neutral",
  target: "es2022",
});
const tsc = join(root, "node_modules/.bin/tsc");
execFileSync(tsc, ["-p", join(root, "src/client/tsconfig.types.json")], { stdio: "inherit" });
// Who uses them need not let TypeScript import by its own endings.
for (const entry of readdirSync(join(out, "types"), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  writeFileSync(path, readFileSync(path, "utf8").replaceAll(/(from |import\()"(\.[^"]+)\.ts"/g, '$1"$2.js"'));
}
