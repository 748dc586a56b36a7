/**
 * The command line of `npm run cost`, as options or as one sentence on what is wrong with it. Must not act on it.
 */
import { parseArgs } from "node:util";
import { err, ok, type Result } from "../../../src/result.ts";
import { DEFAULT_TRAFFIC } from "./traffic.ts";
import { CSMS_KINDS, type CsmsKind } from "./measurement.ts";
import type { Fleet } from "./usage.ts";

export interface CostOptions {
  fleet: Fleet;
  webhooks: number;
  csms: { kind: CsmsKind; thinkMs: number };
  /** Subtracts what the plan includes. */
  withIncluded: boolean;
  /** US dollars a month that Kerbside may cost; `null`: it is only said whether it is within the target. */
  max: number | null;
  measuredFile: string | null;
  jsonFile: string | null;
}

export const USAGE = `Usage: npm run cost -- [options]

  --stations N         charging stations (100000)
  --heartbeats N       of a station in a day, up to 2,880 (288)
  --messages N         its other messages in a day, up to 1,000 (54)
  --reconnects N       in a day, up to 50 (2)
  --commands N         of the backend to a station in a day, up to 100 (0)
  --webhooks N         subscribed, up to 10 (1)
  --csms KIND          who answers: none, url (CSMS_URL) or link (its own socket); with one, the other beside it (none)
  --csms-ms N          until the CSMS has answered (100)
  --receiver-ms N      until a webhook has answered, which keeps the object awake (100)
  --platform-ms N      until a queue or another object has (10)
  --no-included        something else uses up what the plan includes
  --max DOLLARS        fail if a month of Kerbside costs more
  --measured FILE      take the figures of an earlier run instead of measuring
  --json FILE          write this run's figures and bill
`;

const number = (fallback: number) => ({ type: "string", default: String(fallback) }) as const;
const OPTIONS = {
  stations: number(100_000),
  heartbeats: number(DEFAULT_TRAFFIC.heartbeats),
  messages: number(DEFAULT_TRAFFIC.messages),
  reconnects: number(DEFAULT_TRAFFIC.reconnects),
  commands: number(DEFAULT_TRAFFIC.commands),
  webhooks: number(1),
  csms: { type: "string", default: "none" },
  "csms-ms": number(100),
  "receiver-ms": number(100),
  "platform-ms": number(10),
  "no-included": { type: "boolean", default: false },
  max: { type: "string" },
  measured: { type: "string" },
  json: { type: "string" },
} as const;

const MAXIMA = {
  stations: 10_000_000,
  heartbeats: 2_880,
  messages: 1_000,
  reconnects: 50,
  commands: 100,
  webhooks: 10,
  "csms-ms": 15_000,
  "receiver-ms": 15_000,
  "platform-ms": 15_000,
} as const;

/** The error is a sentence on what is wrong. */
export function readArguments(args: readonly string[]): Result<CostOptions, string> {
  let given: ReturnType<typeof parse>;
  try {
    given = parse(args);
  } catch (error) {
    return err((error as Error).message);
  }
  const numbers = {} as Record<keyof typeof MAXIMA, number>;
  for (const [name, most] of Object.entries(MAXIMA) as [keyof typeof MAXIMA, number][]) {
    const text = given[name];
    const least = name === "stations" ? 1 : 0;
    if (!/^\d{1,9}$/.test(text) || Number(text) < least || Number(text) > most) {
      return err(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
    }
    numbers[name] = Number(text);
  }
  if (given.max !== undefined && !/^\d{1,9}(?:\.\d{1,2})?$/.test(given.max)) {
    return err(`--max must be an amount of dollars, not ${JSON.stringify(given.max)}`);
  }
  const kind = CSMS_KINDS.find((each) => each === given.csms);
  if (kind === undefined)
    return err(`--csms must be one of ${CSMS_KINDS.join(", ")}, not ${JSON.stringify(given.csms)}`);
  const { stations, heartbeats, messages, reconnects, commands, webhooks } = numbers;
  return ok({
    fleet: {
      stations,
      traffic: { heartbeats, messages, reconnects, commands },
      receiverMs: numbers["receiver-ms"],
      platformMs: numbers["platform-ms"],
    },
    webhooks,
    csms: { kind, thinkMs: kind === "none" ? 0 : numbers["csms-ms"] },
    withIncluded: !given["no-included"],
    max: given.max === undefined ? null : Number(given.max),
    measuredFile: given.measured ?? null,
    jsonFile: given.json ?? null,
  });
}

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options: OPTIONS }).values;
