/**
 * The command line of `npm run simulate`, as options or as one sentence on what is wrong with it. Must not act on it.
 */
import { parseArgs } from "node:util";
import { PROTOCOLS } from "../../ocpp/protocol.ts";
import { ok, type Result } from "../../result.ts";
import { csmsOf } from "./csms-option.ts";
import { listOf, oneOf, refusalOf, Unusable, wholeNumber } from "../../programs/option-values.ts";
import { PROFILES } from "../station/profile.ts";
import { SCENARIOS, type SimulationOptions } from "../fleet/simulation-options.ts";
import { targetsOf } from "../fleet/targets.ts";

export const USAGE = `Usage: npm run simulate -- [options]

  --stations N             charging stations, up to 20,000 (10)
  --profile LIST           of mtls,tls,basic,none (all)
  --protocol LIST          of ocpp1.6,ocpp2.0.1,ocpp2.1 (all)
  --scenario NAME          idle | charging | churn | storm (charging)
  --duration TIME          in all, connecting included: 500ms, 90s, 10m, 2h (1m)
  --rate N                 connections a second, but in a storm (100)
  --seed N                 decides vehicles, waits and jitter (by chance)
  --shared-key             one key for all client certificates of an issuing thread
  --session TIME           a charging session, on the mean (3m)
  --meter-interval TIME    between two meter values (15s)
  --names same|fresh       churn: the same stations each round, or new ones (same)
  --prefix TEXT            of the stations' names (SIM)
  --csms URL|builtin       put a bridge and this CSMS behind the broker, as ws://127.0.0.1:9100/ocpp; builtin: a small one
  --target URL             the API, and profiles basic and none (http://localhost:8080)
  --tls-target URL         profile tls (https://localhost:8443)
  --mtls-target URL        profile mtls (https://localhost:8444)
  --dir PATH               the target's folder, with its api-key and pki (KERBSIDE_DIR or .kerbside)
  --allow-remote           targets need not be on this machine

Repeat the target's options to spread the stations over several edges; the n-th of each belong together.
`;

const TEXT = { type: "string" } as const;
const LIST = { type: "string", multiple: true } as const;
const OPTIONS = {
  stations: { ...TEXT, default: "10" },
  profile: { ...TEXT, default: PROFILES.join() },
  protocol: { ...TEXT, default: PROTOCOLS.toReversed().join() },
  scenario: { ...TEXT, default: "charging" },
  duration: { ...TEXT, default: "1m" },
  rate: { ...TEXT, default: "100" },
  seed: TEXT,
  "shared-key": { type: "boolean", default: false },
  session: { ...TEXT, default: "3m" },
  "meter-interval": { ...TEXT, default: "15s" },
  names: { ...TEXT, default: "same" },
  prefix: { ...TEXT, default: "SIM" },
  csms: TEXT,
  target: LIST,
  "tls-target": LIST,
  "mtls-target": LIST,
  dir: LIST,
  "allow-remote": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const UNITS_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const STATIONS_MAX = 20_000;
const RATE_MAX = 10_000;
const SEED_MAX = 2 ** 32 - 1;
/** What `setTimeout` can wait. */
const TIME_MAX_MS = 2 ** 31 - 1;

/** @param chance 0 to 1, for a seed that was not given */
export function parseArguments(
  args: readonly string[],
  env: Record<string, string | undefined>,
  chance: number,
): Result<SimulationOptions | "help", string> {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false });
    if (values.help) return ok("help");
    const allowRemote = values["allow-remote"];
    const { target: http = [], "tls-target": tls = [], "mtls-target": mtls = [], dir: dirs = [] } = values;
    const targets = targetsOf({ http, tls, mtls, dirs, allowRemote }, env);
    if (!targets.ok) return targets;
    const names = oneOf("names", values.names, ["same", "fresh"]);
    const csms = values.csms === undefined ? null : csmsOf(values.csms, names, allowRemote);
    return ok({
      stations: wholeNumber("stations", values.stations, 1, STATIONS_MAX),
      profiles: listOf("profile", values.profile, PROFILES),
      protocols: listOf("protocol", values.protocol, PROTOCOLS),
      scenario: oneOf("scenario", values.scenario, SCENARIOS),
      durationMs: time("duration", values.duration),
      targets: targets.value,
      sharedKey: values["shared-key"],
      seed: values.seed === undefined ? Math.floor(chance * SEED_MAX) : wholeNumber("seed", values.seed, 0, SEED_MAX),
      connectsPerSecond: wholeNumber("rate", values.rate, 1, RATE_MAX),
      names,
      csms,
      prefix: prefix(values.prefix),
      sessionMs: time("session", values.session),
      meterIntervalMs: time("meter-interval", values["meter-interval"]),
      allowRemote,
    });
  } catch (error) {
    return refusalOf(error);
  }
}

function time(name: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS_MS[unit] ?? Number.NaN);
  if (ms >= 1 && ms <= TIME_MAX_MS) return ms;
  throw new Unusable(`--${name} must be a time like 500ms, 90s, 10m or 2h, not ${JSON.stringify(text)}`);
}

function prefix(text: string): string {
  if (/^[A-Za-z0-9_-]{1,24}$/.test(text)) return text;
  throw new Unusable("--prefix must be 1 to 24 of A-Z a-z 0-9 _ -");
}
