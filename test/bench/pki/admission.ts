/**
 * `npm run bench -- admission`: CPU of workerd an admission by client certificate, in both trust modes with what they remember warm, beside
 * one by Basic, block by block in turns. Must not know how a certificate is judged.
 */
import { availableParallelism, loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { Random } from "../../chaos/random.ts";
import { type Kerbside, startKerbside } from "../../support/kerbside.ts";
import { rawUpgrade } from "../../support/raw-upgrade.ts";
import { certificateOf, portOf } from "../../support/transports.ts";
import { forEach, names, shuffled } from "../bench.ts";
import { cpuMs, show, spread } from "../figures.ts";

/** What is held against what: a password that was generated is compared in one round of hashing, the cheapest there is. */
const GROUPS = {
  "Basic, generated password": { mode: "worker", kind: "generated" },
  "Basic, once more": { mode: "worker", kind: "generated" },
  "Basic, chosen password": { mode: "worker", kind: "chosen" },
  "certificate, worker": { mode: "worker", kind: "certificate" },
  "certificate, edge": { mode: "edge", kind: "certificate" },
} as const;
type Group = keyof typeof GROUPS;
const BASE: Group = "Basic, generated password";
const BOUND: Group = "certificate, worker";
/** [issue 18] */
const TIMES_MAX = 1.3;
const STATIONS = 20;
const ROUNDS = 24;
/** Admissions of a block; each station several times. */
const BLOCK = 80;
/** ms; what is done behind an upgrade, and when the connection is gone, belongs to it. */
const AFTERWARDS_MS = 250;
const PASSWORD = "correct horse battery";

interface Member {
  target: string;
  headers: string[];
  tls: ConnectionOptions;
}

export async function admission(): Promise<void> {
  const [load = 0] = loadavg();
  const options = { connectsPerStation: 1_000_000, connectsPerAddress: 1_000_000 };
  const edges = {
    worker: await startKerbside({ MTLS_TRUST: "worker" }, options),
    edge: await startKerbside({ MTLS_TRUST: "edge" }, options),
  };
  try {
    const members = new Map<Group, Member[]>();
    for (const [index, [group, { mode, kind }]] of Object.entries(GROUPS).entries()) {
      const list: Member[] = [];
      await forEach(names(`G${index}`, STATIONS), async (id) => list.push(await memberOf(edges[mode], id, kind)));
      members.set(group as Group, list);
    }
    const samples = new Map<Group, number[]>();
    const random = new Random(1);
    // The first round warms: objects that are in memory, chains that are remembered, code that is compiled.
    for (let round = -1; round < ROUNDS; round++) {
      for (const group of shuffled(Object.keys(GROUPS) as Group[], random)) {
        const us = await block(edges[GROUPS[group].mode], GROUPS[group].kind, members.get(group) ?? []);
        if (round >= 0) samples.set(group, [...(samples.get(group) ?? []), us]);
      }
    }
    report(samples, load);
  } finally {
    for (const each of Object.values(edges)) await each.stop();
  }
}

async function memberOf(kerbside: Kerbside, id: string, kind: "generated" | "chosen" | "certificate"): Promise<Member> {
  const ca = kerbside.edge.pki.rootPem;
  const target = `/ocpp/${id}`;
  if (kind === "certificate") {
    await kerbside.register(id, { securityProfile: 3 });
    return { target, headers: [], tls: { ca, ...(await certificateOf(kerbside, id)) } };
  }
  const password = kind === "generated" ? "generate" : PASSWORD;
  const { body } = await kerbside.api("PUT", `/v1/stations/${id}`, { securityProfile: 2, password });
  const basic = Buffer.from(`${id}:${body.password ?? PASSWORD}`).toString("base64");
  return { target, headers: [`Authorization: Basic ${basic}`], tls: { ca } };
}

/** µs of workerd an admission. */
async function block(kerbside: Kerbside, kind: string, members: readonly Member[]): Promise<number> {
  const port = portOf(kerbside, kind === "certificate" ? "mtls" : "tls");
  const pid = kerbside.edge.workerdPid() ?? 0;
  await delay(AFTERWARDS_MS);
  const before = cpuMs(pid);
  const turns = Array.from({ length: BLOCK }, (_, index) => members[index % members.length] as Member);
  // One after the other: how many come at once is no part of what one costs.
  for (const member of turns) {
    const { status } = await rawUpgrade({ port, protocols: "ocpp1.6", ...member });
    if (status !== 101) throw new Error(`${member.target} was answered ${status}`);
  }
  await delay(AFTERWARDS_MS);
  return (1000 * (cpuMs(pid) - before)) / BLOCK;
}

function report(samples: Map<Group, number[]>, load: number): void {
  const median = (group: Group) => spread(samples.get(group) ?? []).median;
  console.log(`CPU of workerd an admission, µs: medians and quartiles of ${ROUNDS} blocks of ${BLOCK}, in turns`);
  console.log(`The machine has ${availableParallelism()} cores, and had a load of ${load.toFixed(1)} before\n`);
  console.log("| by | µs | times |\n| --- | --- | --- |");
  for (const group of Object.keys(GROUPS) as Group[]) {
    const times = (median(group) / median(BASE)).toFixed(2);
    console.log(`| ${group} | ${show(spread(samples.get(group) ?? []))} | ${times} |`);
  }
  const isWithin = median(BOUND) / median(BASE) <= TIMES_MAX;
  console.log(`\n${isWithin ? "WITHIN" : "OVER"}: ${BOUND} at most ${TIMES_MAX} × ${BASE}`);
  if (!isWithin) process.exitCode = 1;
}
