/**
 * `npm run bench -- link`: what a CSMS's own socket and a bridge cost beside `CSMS_URL` and beside no broker; with `--stations N`, what
 * one bridge takes for so many. Must not know how either is measured.
 */
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { wholeNumber } from "../../../src/programs/option-values.ts";
import { places } from "../places.ts";
import { fleetText, isWithin, measureFleet } from "./fleet.ts";
import { latenciesText, measureLatencies, SIZES } from "./latency.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const STATIONS_MAX = 20_000;

export async function link(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { stations: { type: "string" }, rounds: { type: "string", default: String(SIZES.rounds) } },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const place =
    places(join(REPOSITORY, ".kerbside"), () => {}).find(({ storage }) => storage === "tmpfs")?.dir ?? tmpdir();
  const load = () =>
    loadavg()
      .map((each) => each.toFixed(1))
      .join(" ");
  const before = load();
  if (values.stations === undefined) {
    const sizes = { ...SIZES, rounds: wholeNumber("rounds", values.rounds, 1, 1_000) };
    const found = await measureLatencies(place, sizes);
    console.log(latenciesText(found, sizes));
    if (!found.passed) process.exitCode = 1;
  } else {
    const found = await measureFleet(place, wholeNumber("stations", values.stations, 1, STATIONS_MAX));
    console.log(fleetText(found));
    if (!isWithin(found)) process.exitCode = 1;
  }
  console.log(`load average: ${before} before, ${load()} after`);
}
