/**
 * What the command line asks of the TLS server's soak, checked once. Must not know how any of it is done.
 */
import { parseArgs } from "node:util";
import { expandRange } from "./bisect.ts";

export const HELP = `Usage: npm run soak -- --target node-tls [options]

  --node 18,20,22,24,26   releases: a major, or an exact version (24.21.0)
  --tls 1.2,1.3           TLS versions
  --mtls yes,no           with and without client certificates
  --issuers 1             CA certificates that the client sends above its own: 0, 1 or 2, a list
  --ask nothing           what the server's application asks of each connection, a list:
                          nothing, certificate, chain, x509, own
  --rounds 40             samples of each arm; the first half is warm-up
  --connections 150       in a round, of each arm; 26 × 200 in a bisection, 1 × 1,000 in a profile
  --seed 1                the order of the arms within a round
  --out DIR               where report.md, report.json and the charts go (.kerbside/soak/node-tls)

  --bisect 22..26         finds the first bad and the first good release of each line, over published versions
  --stride 3              published releases between two that are tried before bisection

  --profile heaptrack     what is left allocated, by call site, for each --node (Debian's package heaptrack)
  --profile gdb           who takes certificates off the peer's chain, for each --node (Debian's package gdb)

Releases come from the npm package node, and stay in .kerbside/node-releases: some 125 MB each.
`;

export const ASKS = ["nothing", "certificate", "chain", "x509", "own"] as const;
export type Ask = (typeof ASKS)[number];
export type TlsVersion = "1.2" | "1.3";
export const TOOLS = ["heaptrack", "gdb"] as const;
export type Tool = (typeof TOOLS)[number];
export type Issuers = 0 | 1 | 2;

export interface Load {
  rounds: number;
  /** Of each round. */
  connections: number;
  seed: number;
}

export interface Arm {
  /** A major or an exact version, as asked for. */
  node: string;
  tls: TlsVersion;
  mtls: boolean;
  issuers: Issuers;
  ask: Ask;
}

export type Mode =
  | { kind: "help" }
  | { kind: "matrix"; arms: Arm[] }
  | { kind: "bisect"; majors: number[]; stride: number; ask: Ask }
  | { kind: "profile"; tool: Tool; arms: Arm[] };

export interface Request {
  mode: Mode;
  load: Load;
  out: string;
}

const ARMS_MAX = 60;
/** The matrix: as many as 20 arms can have in some ten minutes on two idle cores. */
const USUAL_LOADS = {
  matrix: { rounds: 40, connections: 150 },
  bisect: { rounds: 26, connections: 200 },
  profile: { rounds: 1, connections: 1_000 },
};

export function parseNodeTls(args: string[]): Request {
  const { values } = parseArgs({
    args,
    options: {
      node: { type: "string", default: "18,20,22,24,26" },
      tls: { type: "string" },
      mtls: { type: "string" },
      issuers: { type: "string", default: "1" },
      ask: { type: "string", default: "nothing" },
      rounds: { type: "string" },
      connections: { type: "string" },
      seed: { type: "string", default: "1" },
      out: { type: "string", default: ".kerbside/soak/node-tls" },
      bisect: { type: "string" },
      stride: { type: "string", default: "3" },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const isMatrix = values.bisect === undefined && values.profile === undefined;
  const usual = USUAL_LOADS[values.bisect !== undefined ? "bisect" : isMatrix ? "matrix" : "profile"];
  const load = {
    rounds: numberOf("rounds", values.rounds ?? String(usual.rounds), 1, 1_000),
    connections: numberOf("connections", values.connections ?? String(usual.connections), 1, 5_000),
    seed: numberOf("seed", values.seed, 0, 2 ** 32 - 1),
  };
  const arms = armsOf({
    nodes: listOf("node", values.node, /^\d{1,3}(\.\d{1,3}\.\d{1,3})?$/),
    // A profile shows one arm, and the worst of them where nothing is said.
    tls: choicesOf("tls", values.tls ?? (isMatrix ? "1.2,1.3" : "1.3"), ["1.2", "1.3"] as const),
    mtls: choicesOf("mtls", values.mtls ?? (isMatrix ? "yes,no" : "yes"), ["yes", "no"] as const),
    issuers: choicesOf("issuers", values.issuers, ["0", "1", "2"] as const).map((text) => Number(text) as Issuers),
    asks: choicesOf("ask", values.ask, ASKS),
  });
  return { mode: modeOf(values, arms), load, out: values.out };
}

function modeOf(
  values: { help: boolean; bisect?: string | undefined; profile?: string | undefined; stride: string; ask: string },
  arms: Arm[],
): Mode {
  if (values.help) return { kind: "help" };
  if (values.bisect !== undefined) {
    const ask = choicesOf("ask", values.ask, ASKS)[0] as Ask;
    return {
      kind: "bisect",
      majors: expandRange(values.bisect),
      stride: numberOf("stride", values.stride, 1, 100),
      ask,
    };
  }
  if (values.profile === undefined) return { kind: "matrix", arms };
  const [tool] = choicesOf("profile", values.profile, TOOLS) as [Tool];
  return { kind: "profile", tool, arms };
}

function armsOf(of: { nodes: string[]; tls: TlsVersion[]; mtls: ("yes" | "no")[]; issuers: Issuers[]; asks: Ask[] }) {
  const arms: Arm[] = [];
  for (const node of of.nodes) {
    for (const tls of of.tls) {
      for (const mtls of of.mtls) {
        for (const [index, issuers] of of.issuers.entries()) {
          for (const [place, ask] of of.asks.entries()) {
            // Without client certificates there is nothing to send, nor to ask for.
            if (mtls === "no" && index + place > 0) continue;
            arms.push({ node, tls, mtls: mtls === "yes", issuers, ask });
          }
        }
      }
    }
  }
  if (arms.length > ARMS_MAX) throw new Error(`${arms.length} arms are too many: ${ARMS_MAX} at most`);
  return arms;
}

function numberOf(name: string, text: string, min: number, max: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
  throw new Error(`--${name} must be a number from ${min} to ${max}`);
}

function listOf(name: string, text: string, form: RegExp): string[] {
  const items = text.split(",").map((item) => item.trim());
  for (const item of items) if (!form.test(item)) throw new Error(`--${name}: «${item}» is not of its form`);
  return [...new Set(items)];
}

function choicesOf<T extends string>(name: string, text: string, choices: readonly T[]): T[] {
  return listOf(name, text, /^/).map((item) => {
    const choice = choices.find((each) => each === item);
    if (choice === undefined) throw new Error(`--${name} must be of ${choices.join(", ")}`);
    return choice;
  });
}
