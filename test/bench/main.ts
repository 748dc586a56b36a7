/**
 * `npm run bench -- <name>`: runs one measurement. Must not know what it measures.
 */

const BENCHES: Record<string, () => Promise<unknown>> = {
  bundle: () => import("./bundle.ts"),
  idle: () => import("./idle.ts"),
  validate: () => import("./validate.ts"),
};

const [name = "", ...more] = process.argv.slice(2);
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench === undefined || more.length > 0) {
  process.stderr.write(`Usage: npm run bench -- ${Object.keys(BENCHES).join(" | ")}\n`);
  process.exitCode = 2;
} else void bench();
