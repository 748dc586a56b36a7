/**
 * `npm run soak -- --target node-tls`: the memory of a bare TLS server under many releases of Node: a matrix, a bisection or
 * a profile. Must not know Kerbside.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Arm, HELP, type Load, type Mode, parseNodeTls, type Request } from "./arguments.ts";
import { bisectLine, type LineResult, releasesOf, type State } from "./bisect.ts";
import { createIdentities, type Identities } from "./identities.ts";
import { runMatrix } from "./matrix.ts";
import { nodeRelease, publishedVersions } from "./node-release.ts";
import { profileServer } from "./profile.ts";
import { judgeArm, writeReport } from "./report.ts";
import { traceRemovals } from "./trace.ts";

/**
 * In a bisection, where the leak's size is known: 5,700 KB per 1,000 connections, or nothing. Above the one it is there, below the
 * other it is not, and in between nothing is said. An interval of so short a run would say nothing of either.
 */
const BAD_KB_PER_THOUSAND = 3_600;
const GOOD_KB_PER_THOUSAND = 1_800;
/** A run whose noise hides the answer is done again, with this many times the connections. */
const SECOND_TRY = 2;
const FAILED = 1;
const MISUSED = 2;

export async function runNodeTls(args: string[]): Promise<number> {
  let request: Request;
  try {
    request = parseNodeTls(args);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${HELP}`);
    return MISUSED;
  }
  const { mode, load, out } = request;
  if (mode.kind === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
  const dir = mkdtempSync(join(tmpdir(), "kerbside-node-tls-"));
  // Keys, also of a run that is stopped.
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  try {
    const identities = await createIdentities(dir);
    if (mode.kind === "matrix") await matrix(mode.arms, load, identities, out, commandOf(args));
    else if (mode.kind === "profile") await profile(mode, load, identities);
    else return await bisect(mode, load, identities);
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return FAILED;
  }
}

async function matrix(arms: readonly Arm[], load: Load, identities: Identities, out: string, command: string) {
  const withReleases = [];
  for (const arm of arms) withReleases.push({ arm, release: await nodeRelease(arm.node) });
  const samples = await runMatrix(withReleases, load, identities, say);
  for (const { version, reported } of samples) {
    if (reported !== version) say(`The binary of Node ${version} calls itself ${reported}`);
  }
  const findings = samples.map(judgeArm);
  const table = writeReport(out, command, load, findings);
  say(`\n${table}\n\nAlso in ${out}: report.md, report.json, growth.svg, slopes.svg`);
}

async function profile({ tool, arms }: Mode & { kind: "profile" }, load: Load, identities: Identities): Promise<void> {
  const connections = load.rounds * load.connections;
  for (const arm of arms) {
    const release = await nodeRelease(arm.node);
    if (tool === "gdb") {
      say(`\nNode ${release.version}, TLS ${arm.tls}, ${arm.issuers} CAs sent, asks ${arm.ask}`);
      const removals = await traceRemovals(release, arm, identities);
      if (removals.length === 0) say("nothing is taken off the peer's chain");
      for (const { callers, count } of removals) say(`${count.toFixed(2)} a connection: ${callers.join(" ← ")}`);
      continue;
    }
    const { handshakeBytes, sites, x509 } = await profileServer(release, arm, connections, identities);
    say(
      `\nNode ${release.version}, TLS ${arm.tls}, ${arm.issuers} CAs sent, asks ${arm.ask}, ${connections} connections`,
    );
    say(`left allocated by the client's certificates: ${handshakeBytes.toFixed(0)} bytes a connection`);
    say(`X509 structs: ${x509.allocations.toFixed(2)} made, ${x509.bytes.toFixed(0)} bytes left, a connection`);
    say("| allocated by | bytes left, a connection | allocations, a connection |\n| --- | --- | --- |");
    for (const { site, bytes, allocations } of sites)
      say(`| ${site} | ${bytes.toFixed(0)} | ${allocations.toFixed(1)} |`);
  }
}

async function bisect(mode: Mode & { kind: "bisect" }, load: Load, identities: Identities): Promise<number> {
  const published = await publishedVersions();
  let isComplete = true;
  const lines: string[] = [];
  for (const major of mode.majors) {
    const versions = releasesOf(major, published);
    if (versions.length === 0) continue;
    say(`Node ${major}: ${versions.length} releases, ${versions[0]} to ${versions.at(-1)}`);
    const arm: Arm = { node: String(major), tls: "1.3", mtls: true, issuers: 1, ask: mode.ask };
    const result = await bisectLine(versions, mode.stride, (version) => stateOf(version, arm, load, identities));
    isComplete &&= result.unknown.length === 0;
    lines.push(`Node ${major}: ${summaryOf(result)}`);
    say(lines.at(-1) as string);
  }
  say(`\n${lines.join("\n")}`);
  return isComplete ? 0 : 1;
}

async function stateOf(version: string, arm: Arm, load: Load, identities: Identities): Promise<State | undefined> {
  try {
    const release = await nodeRelease(version);
    for (const times of [1, SECOND_TRY]) {
      const longer = { ...load, connections: load.connections * times };
      const [samples] = await runMatrix([{ arm, release }], longer, identities, () => {});
      if (samples === undefined) break;
      const { perThousand } = judgeArm(samples).rss.slope;
      const state = stateOfSlope(perThousand);
      say(`  ${version}  ${state ?? "undecided"}  ${Math.round(perThousand)} KB per 1,000 connections`);
      if (state !== undefined) return state;
    }
  } catch (error) {
    say(`  ${version}  unknown: ${messageOf(error)}`);
  }
  return undefined;
}

export function stateOfSlope(kbPerThousand: number): State | undefined {
  if (kbPerThousand >= BAD_KB_PER_THOUSAND) return "bad";
  return kbPerThousand <= GOOD_KB_PER_THOUSAND ? "good" : undefined;
}

export function summaryOf({ first, changes, tried, unknown }: LineResult): string {
  const parts = changes.map(({ before, after, state }) => `first ${state} release ${after} (${before} before it)`);
  if (parts.length === 0) parts.push(`all ${tried.length} releases tried are ${first}`);
  if (unknown.length > 0) parts.push(`not to be told: ${unknown.join(", ")}`);
  return parts.join("; ");
}

const commandOf = (args: readonly string[]): string => `npm run soak -- --target node-tls ${args.join(" ")}`.trim();

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
