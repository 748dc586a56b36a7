/**
 * The command line of `npm run soak`, as options or as one sentence on what is wrong with it. Must not act on it.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { REPOSITORY } from "../../src/local/state/local-folder.ts";
import { PROTOCOLS, type Protocol } from "../../src/ocpp/protocol.ts";
import { ok, type Result } from "../../src/result.ts";
import { csmsOf } from "../../src/simulator/cli/csms-option.ts";
import { listOf, oneOf, refusalOf, Unusable, wholeNumber } from "../../src/programs/option-values.ts";
import { isLoopback } from "../../src/simulator/fleet/targets.ts";
import { COHORTS, type Cohort, NAMES, type Names } from "./arm.ts";
import { LIMIT_KB_PER_THOUSAND } from "./slope.ts";

/** A server that somebody else started. */
export interface GivenTarget {
  url: URL;
  pids: number[];
  /** Its Kerbside folder, for registrations and certificates; `null`: it is no Kerbside. */
  dir: string | null;
  /** The API of a Kerbside. */
  api: URL;
  /** Paths of PEM files. */
  ca: string | null;
  clientCert: string | null;
  clientKey: string | null;
}

export interface SoakOptions {
  minutes: number;
  /** `null`: until the time is over. */
  rounds: number | null;
  cohorts: Cohort[];
  names: Names[];
  connectionsPerRound: number;
  concurrency: number;
  /** Of each cohort whose names stay the same. */
  stations: number;
  /** The development PKI renews the certificates of cohort mtls. */
  renew: boolean;
  /** From an arm's last connection to its sample, at least. */
  settleMs: number;
  /** Leave the garbage in workerd, which takes a second to collect, and say nothing of its heap. */
  leaveGarbage: boolean;
  protocol: Protocol;
  floor: boolean;
  /** A CSMS behind a bridge, or `builtin`; `null`: each edge is on its own. */
  csms: string | null;
  plant: { cohort: Cohort | "bridge"; bytes: number } | null;
  limitKbPerThousand: number;
  /** Of an arm, that at least are thrown away. */
  warmUpConnections: number;
  seed: number;
  out: string;
  target: GivenTarget | null;
}

const MTLS_PORT = process.env.KERBSIDE_MTLS_PORT || "8444";
const API = `http://localhost:${process.env.KERBSIDE_PORT || "8080"}`;

export const USAGE = `Usage: npm run soak -- [options]

  --minutes N                how long, starting included (30)
  --rounds N                 ends after so many, if that is sooner
  --cohorts LIST             of plain,tls,mtls (all; a target: one, by default the one that its other options mean)
  --names LIST               same: the same stations again and again; fresh: new ones each time (both; a target: same)
  --connections-per-round N  of each cohort (200)
  --concurrency N            connections at once (16)
  --stations N               of each cohort whose names stay the same, rounded up to a multiple of --concurrency (4 each)
  --renew                    cohort mtls: a station asks for another certificate as it visits, and comes back by it
  --protocol NAME            ocpp1.6 | ocpp2.0.1 | ocpp2.1 (ocpp1.6)
  --csms URL|builtin         a bridge for each cohort, watched too, and this CSMS behind it; builtin: a small one
  --floor                    also a bare hibernating object behind the same fronts, to compare with
  --plant COHORT:BYTES       leaks so many bytes a connection in that cohort's front, or of a "bridge", to see it found
  --leave-garbage            in workerd, where collecting it takes a second a sample; what grows may then be garbage
  --limit KB                 per 1,000 connections, above which memory counts as growing (${LIMIT_KB_PER_THOUSAND})
  --warm-up N                connections of each cohort that at least are warm-up; half of them all is in any case (2000)
  --settle SECONDS           of rest before a sample; objects hibernate after 10 (12)
  --seed N                   decides the order of the cohorts and of the stations (by chance)
  --out DIR                  for report.json and the charts (.kerbside/soak)

  --target URL               churn against this server: ws://… or wss://…, the station's name is put behind its path
  --pid N                    a process of the target to watch; repeat it for several
  --ca FILE                  what the target's certificate is checked against
  --client-cert FILE         with --client-key FILE: cohort mtls, every station with this certificate
  --dir DIR                  the target is a Kerbside with this folder: stations are registered, certificates issued;
                             cohort mtls on port ${MTLS_PORT}, on another one with --cohorts mtls
  --api URL                  the API of that Kerbside (a ws target: the same address; otherwise ${API})
  --allow-remote             the target need not be on this machine

  --target node-tls …        bare TLS servers under several releases of Node; --target node-tls --help says more
`;

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean", default: false } as const;
const OPTIONS = {
  minutes: { ...TEXT, default: "30" },
  rounds: TEXT,
  cohorts: TEXT,
  names: TEXT,
  "connections-per-round": { ...TEXT, default: "200" },
  concurrency: { ...TEXT, default: "16" },
  stations: TEXT,
  renew: FLAG,
  protocol: { ...TEXT, default: "ocpp1.6" },
  floor: FLAG,
  csms: TEXT,
  "leave-garbage": FLAG,
  plant: TEXT,
  limit: { ...TEXT, default: String(LIMIT_KB_PER_THOUSAND) },
  settle: { ...TEXT, default: "12" },
  "warm-up": { ...TEXT, default: "2000" },
  seed: TEXT,
  out: { ...TEXT, default: join(REPOSITORY, ".kerbside/soak") },
  target: TEXT,
  pid: { type: "string", multiple: true },
  ca: TEXT,
  "client-cert": TEXT,
  "client-key": TEXT,
  dir: TEXT,
  api: TEXT,
  "allow-remote": FLAG,
  help: FLAG,
} as const;

const MINUTES_MAX = 24 * 60;
const ROUNDS_MAX = 100_000;
const CONNECTIONS_MAX = 10_000;
const CONCURRENCY_MAX = 256;
const STATIONS_MAX = 10_000;
const SEED_MAX = 2 ** 32 - 1;
const PID_MAX = 2 ** 22;
/** A planted byte is kept for the whole run: a run of 1,000,000 connections shall not fill the machine at the default. */
const PLANT_MAX_BYTES = 1_048_576;

type Values = ReturnType<typeof read>;
const read = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values;

/** @param chance 0 to 1, for a seed that was not given */
export function parseArguments(args: readonly string[], chance: number): Result<SoakOptions | "help", string> {
  try {
    const values = read(args);
    if (values.help) return ok("help");
    const target = targetOf(values);
    const cohorts = cohortsOf(values, target);
    const isAlone = target === null && values.csms === undefined;
    const names = listOf("names", values.names ?? (isAlone ? NAMES.join() : "same"), NAMES);
    if (target !== null && names.length > 1) throw new Unusable("--names must be one of same, fresh with a --target");
    if (target !== null && values.floor) throw new Unusable("--floor does not go with a --target");
    const csms = values.csms === undefined ? null : csmsOf(values.csms, names.join(), values["allow-remote"]);
    if (csms !== null && target !== null) throw new Unusable("--csms does not go with a --target");
    if (values.renew && (target !== null || csms !== null || values.floor))
      throw new Unusable("--renew does not go with --target, --csms or --floor: the edge's own PKI signs");
    if (csms !== null && values.floor) throw new Unusable("--csms does not go with --floor, which has no link");
    const concurrency = wholeNumber("concurrency", values.concurrency, 1, CONCURRENCY_MAX);
    const stations = wholeNumber("stations", values.stations ?? String(4 * concurrency), 1, STATIONS_MAX);
    return ok({
      ...{ stations, renew: values.renew, concurrency },
      ...{ target, cohorts, names, csms, floor: values.floor, out: resolve(values.out) },
      leaveGarbage: values["leave-garbage"],
      minutes: decimal("minutes", values.minutes, 0.01, MINUTES_MAX),
      rounds: values.rounds === undefined ? null : wholeNumber("rounds", values.rounds, 1, ROUNDS_MAX),
      connectionsPerRound: wholeNumber("connections-per-round", values["connections-per-round"], 1, CONNECTIONS_MAX),
      protocol: oneOf("protocol", values.protocol, PROTOCOLS),
      plant: plantOf(values, cohorts, target),
      settleMs: 1_000 * decimal("settle", values.settle, 0, 600),
      warmUpConnections: wholeNumber("warm-up", values["warm-up"], 0, 1_000_000),
      limitKbPerThousand: wholeNumber("limit", values.limit, 1, 1_000_000),
      seed: values.seed === undefined ? Math.floor(chance * SEED_MAX) : wholeNumber("seed", values.seed, 0, SEED_MAX),
    });
  } catch (error) {
    return refusalOf(error);
  }
}

function targetOf(values: Values): GivenTarget | null {
  const { target, pid: pids = [], ca, "client-cert": clientCert, "client-key": clientKey, dir } = values;
  if (target === undefined) {
    const stray = (["pid", "ca", "client-cert", "client-key", "dir", "api"] as const).find((name) => name in values);
    if (stray !== undefined) throw new Unusable(`--${stray} goes with a --target only`);
    return null;
  }
  if (pids.length === 0) throw new Unusable("--target needs --pid, the process to watch");
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw new Unusable("--client-cert and --client-key go together");
  }
  if (clientCert !== undefined && dir !== undefined) {
    throw new Unusable("--client-cert does not go with --dir, whose stations each get a certificate of their own");
  }
  const at = url("target", target, /^wss?:$/, values["allow-remote"]);
  const api = values.api ?? (at.protocol === "ws:" ? `http://${at.host}` : API);
  return {
    url: at,
    pids: pids.map((pid) => wholeNumber("pid", pid, 1, PID_MAX)),
    dir: dir === undefined ? null : file("dir", dir),
    api: url("api", api, /^https?:$/, values["allow-remote"]),
    ca: ca === undefined ? null : file("ca", ca),
    clientCert: clientCert === undefined ? null : file("client-cert", clientCert),
    clientKey: clientKey === undefined ? null : file("client-key", clientKey),
  };
}

function cohortsOf({ cohorts }: Values, target: GivenTarget | null): Cohort[] {
  const named = cohorts === undefined ? null : listOf("cohorts", cohorts, COHORTS);
  if (target === null) return named ?? [...COHORTS];
  const possible = cohortsAt(target);
  const [cohort] = named ?? possible;
  if (cohort !== undefined && (named?.length ?? 1) === 1 && possible.includes(cohort)) return [cohort];
  throw new Unusable(`--cohorts must be ${possible.join(" or ")} with this --target, not ${JSON.stringify(cohorts)}`);
}

/** What a target can be, the likelier first: with a folder the certificate is issued, and only the port tells which is wanted. */
function cohortsAt({ url, clientCert, dir }: GivenTarget): Cohort[] {
  if (url.protocol === "ws:") return ["plain"];
  if (clientCert !== null) return ["mtls"];
  if (dir === null) return ["tls"];
  return url.port === MTLS_PORT ? ["mtls", "tls"] : ["tls", "mtls"];
}

function plantOf(
  { plant, csms }: Values,
  cohorts: readonly Cohort[],
  target: GivenTarget | null,
): SoakOptions["plant"] {
  if (plant === undefined) return null;
  if (target !== null) throw new Unusable("--plant does not go with a --target");
  const [, name = "", digits = ""] = /^([a-z]+):(\d{1,7})$/.exec(plant) ?? [];
  const places = csms === undefined ? cohorts : ([...cohorts, "bridge"] as const);
  const cohort = places.find((each) => each === name);
  const bytes = Number(digits);
  if (cohort !== undefined && bytes >= 1 && bytes <= PLANT_MAX_BYTES) return { cohort, bytes };
  throw new Unusable(
    `--plant must be one of ${places.join(", ")}, a colon and 1 to ${PLANT_MAX_BYTES} bytes, not ${JSON.stringify(plant)}`,
  );
}

function url(name: string, text: string, scheme: RegExp, allowRemote: boolean): URL {
  if (!URL.canParse(text) || !scheme.test(new URL(text).protocol)) {
    throw new Unusable(`--${name} must be a ${name === "api" ? "http or https" : "ws or wss"} address, not ${text}`);
  }
  const parsed = new URL(text);
  if (allowRemote || isLoopback(parsed)) return parsed;
  throw new Unusable(`${text} is not on this machine; give --allow-remote if you mean it and may`);
}

function file(name: string, path: string): string {
  if (existsSync(path)) return resolve(path);
  throw new Unusable(`--${name} names ${JSON.stringify(path)}, which does not exist`);
}

function decimal(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,5}(\.\d{1,4})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Unusable(`--${name} must be a number from ${min} to ${max}, not ${JSON.stringify(text)}`);
}
