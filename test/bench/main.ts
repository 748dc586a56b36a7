/**
 * `npm run bench`: the comparison with the floor and the peers; `npm run bench -- <name>`: one measurement. Must not know
 * what it measures.
 */
import { Unusable } from "../../src/programs/option-values.ts";

type Bench = (args: string[]) => Promise<unknown>;

const alone =
  (bench: () => Promise<unknown>): Bench =>
  (args) =>
    args.length > 0 ? usage() : bench();
const BENCHES: Record<string, Bench> = {
  peers: async (args) => (await import("./peers.ts")).peers(args),
  chart: async (args) => (await import("./chart.ts")).chart(args),
  console: async (args) => (await import("./console/main.ts")).consoleBench(args),
  crl: alone(async () => (await import("./pki/crl.ts")).crl()),
  directory: alone(async () => (await import("./directory.ts")).directory()),
  campaign: alone(async () => (await import("./campaign.ts")).campaign()),
  admission: alone(async () => (await import("./pki/admission.ts")).admission()),
  bundle: alone(() => import("./bundle.ts")),
  idle: alone(() => import("./idle.ts")),
  link: async (args) => (await import("./link/link.ts")).link(args),
  limits: alone(() => import("./limits.ts")),
  passwords: alone(() => import("./passwords.ts")),
  pkits: alone(async () => (await import("./pkits.ts")).pkits()),
  tail: alone(async () => (await import("./tail.ts")).tail()),
  validate: alone(() => import("./validate.ts")),
};

const given = process.argv.slice(2);
// Without a name it is the comparison, and all that is said are its options.
const [name = "", ...args] = given[0]?.startsWith("-") === false ? given : ["peers", ...given];
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
(bench ?? usage)(args).catch((error: Error) => {
  process.stderr.write(`${error instanceof Unusable ? error.message : error.stack}\n`);
  process.exitCode = 2;
});

async function usage(): Promise<void> {
  process.stderr.write(`Usage: npm run bench -- [${Object.keys(BENCHES).join(" | ")}]
  peers    --only cpu,rows,latency,upgrades,storm,memory --arms kerbside,floor,floor-row,ocpp-rpc,ws
           --quick --full --stations N --workers N --seed N --json FILE
  chart    FILE [IMAGE]
  console  list | tail | bundle
  link     --rounds N | --stations N
`);
  process.exitCode = 2;
}
