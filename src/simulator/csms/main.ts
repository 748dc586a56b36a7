/**
 * The small CSMS as a process: says in a line of JSON where it is, and ends at SIGTERM. Must not know who started it.
 */
import { SmallCsms } from "./small-csms.ts";

/** ms between two lines: whoever started it and was killed reads none, and it ends by that. */
const TOLD_EVERY_MS = 10_000;

const csms = await SmallCsms.start();
const line = (message: string) => process.stdout.write(`${JSON.stringify({ message, url: csms.url })}\n`);
line("ready");
const telling = setInterval(line, TOLD_EVERY_MS, "there");
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    clearInterval(telling);
    void csms.stop();
  });
}
