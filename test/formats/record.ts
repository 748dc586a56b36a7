/**
 * Records what a release says and leaves behind, for the tests of this folder: `node test/formats/record.ts NAME [CHECKOUT]`, NAME
 * being the release's commit and CHECKOUT a folder that has it with its dependencies; without one it is this folder's release.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { record } from "./recording.ts";

type Support = typeof import("../support/kerbside.ts");

const ROOT = join(import.meta.dirname, "../..");
const WORKER = "test/support/formats-worker.js";

const [name, checkout = ROOT] = process.argv.slice(2);
if (name === undefined) throw new Error("node test/formats/record.ts NAME [CHECKOUT]");
const entry = join(resolve(checkout), WORKER);
if (resolve(checkout) !== resolve(ROOT)) {
  mkdirSync(join(entry, ".."), { recursive: true });
  copyFileSync(join(ROOT, WORKER), entry);
}

// Its own edge: what stands before a Worker is of its release too.
const { startKerbside } = (await import(join(resolve(checkout), "test/support/kerbside.ts"))) as Support;
const kerbside = await startKerbside({}, { entry });
try {
  const { attachment, rows, ...calls } = await record(kerbside);
  const write = (folder: string, value: unknown) => {
    mkdirSync(join(import.meta.dirname, folder), { recursive: true });
    writeFileSync(join(import.meta.dirname, folder, `${name}.json`), `${JSON.stringify(value, null, 1)}\n`);
  };
  write("attachments", attachment);
  write("rows", rows);
  write("calls", calls);
} finally {
  await kerbside.stop();
}
