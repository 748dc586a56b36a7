/**
 * `npm run bench -- crl`: a list of 50,000 revoked certificates is put, put again and changed, and looked up as stations connect beside an
 * edge that has none: time, CPU and memory of workerd. Must not know how lists are kept.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../chaos/random.ts";
import { type Kerbside, startKerbside } from "../../support/kerbside.ts";
import { rawUpgrade } from "../../support/raw-upgrade.ts";
import { certificateOf, portOf } from "../../support/transports.ts";
import { shuffled } from "../bench.ts";
import { cpuMs, show, spread } from "../figures.ts";
import { longList } from "./long-list.ts";

/** [src/security/x509/crl.ts] The most that a list may have. */
const ENTRIES = 50_000;
const PUT_MAX_MS = 10_000;
/** MB of memory over before, at its peak: an isolate has 128, and workerd holds the database too. */
const MEMORY_MAX_MB = 128;
/** What a connection may cost beside one that no list is looked through for. */
const TIMES_MAX = 1.2;
const ROUNDS = 20;
/** Each with a certificate that the edge has never seen, so that none is remembered. */
const BLOCK = 30;
const AFTERWARDS_MS = 250;

interface Put {
  name: string;
  status: number;
  ms: number;
  cpuMs: number;
  peakMb: number;
}

export async function crl(): Promise<void> {
  const [load = 0] = loadavg();
  const options = { connectsPerStation: 1_000_000, connectsPerAddress: 1_000_000 };
  const [full, none] = [await startKerbside({}, options), await startKerbside({}, options)];
  try {
    const listed = await Promise.all([1, 2, 3].map(() => certificateOf(full, "LISTED")));
    const own = listed.map(({ cert }) => new X509Certificate(cert).serialNumber);
    const serials = [...own, ...serialsFrom(0, ENTRIES - own.length)];
    const puts: Put[] = [];
    const put = async (name: string, list: readonly string[], number: string) =>
      puts.push(await take(full, name, list, number));
    await put("one entry", serials.slice(-1), "01");
    await put(`${ENTRIES} entries`, serials, "02");
    await put("the same again", serials, "03");
    await put("half of them others", [...serials.slice(0, ENTRIES / 2), ...serialsFrom(ENTRIES, ENTRIES / 2)], "04");
    await put("one too many", [...serials, "7f7f7f7f7f"], "05");
    await full.register("LISTED", { securityProfile: 3 });
    const refused = await Promise.all(listed.map((certificate) => statusOf(full, "LISTED", certificate)));

    const samples = { "50,000 entries": [] as number[], "no list": [] as number[] };
    const edges = { "50,000 entries": full, "no list": none };
    const random = new Random(1);
    for (let round = -1; round < ROUNDS; round++) {
      for (const arm of shuffled(Object.keys(edges) as (keyof typeof edges)[], random)) {
        const us = await block(edges[arm]);
        if (round >= 0) samples[arm].push(us);
      }
    }
    report(puts, samples, refused, load);
  } finally {
    await full.stop();
    await none.stop();
  }
}

/** 16 octets, as CAs make them. */
const serialsFrom = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `51${(from + index).toString(16).padStart(30, "0")}`);

async function take(kerbside: Kerbside, name: string, serials: readonly string[], number: string): Promise<Put> {
  const { pki, httpUrl, apiKey } = kerbside.edge;
  const body = await longList(serials, pki.stationCa, number);
  const pid = kerbside.edge.workerdPid() ?? 0;
  await delay(AFTERWARDS_MS);
  const rss = memoryMb(pid, "VmRSS");
  // The peak is counted from here on.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const [before, from] = [cpuMs(pid), performance.now()];
  const response = await fetch(`${httpUrl}/v1/crls/${pki.stationCa.subjectKeyId}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/pkix-crl" },
    body,
  });
  await response.text();
  const ms = performance.now() - from;
  await delay(AFTERWARDS_MS);
  return { name, status: response.status, ms, cpuMs: cpuMs(pid) - before, peakMb: memoryMb(pid, "VmHWM") - rss };
}

const memoryMb = (pid: number, field: "VmRSS" | "VmHWM"): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;

/** µs of workerd a connection. */
async function block(kerbside: Kerbside): Promise<number> {
  await kerbside.register("FRESH", { securityProfile: 3 });
  const certificates = await Promise.all(Array.from({ length: BLOCK }, () => certificateOf(kerbside, "FRESH")));
  const pid = kerbside.edge.workerdPid() ?? 0;
  await delay(AFTERWARDS_MS);
  const before = cpuMs(pid);
  for (const certificate of certificates) {
    const status = await statusOf(kerbside, "FRESH", certificate);
    if (status !== 101) throw new Error(`a good certificate was answered ${status}`);
  }
  await delay(AFTERWARDS_MS);
  return (1000 * (cpuMs(pid) - before)) / BLOCK;
}

async function statusOf(kerbside: Kerbside, id: string, certificate: { cert: string; key: string }): Promise<number> {
  const tls = { ca: kerbside.edge.pki.rootPem, ...certificate };
  const target = { port: portOf(kerbside, "mtls"), target: `/ocpp/${id}`, protocols: "ocpp1.6" };
  return (await rawUpgrade({ ...target, tls })).status;
}

function report(
  puts: readonly Put[],
  samples: Record<string, number[]>,
  refused: readonly number[],
  load: number,
): void {
  console.log(`The machine has ${availableParallelism()} cores, and had a load of ${load.toFixed(1)} before\n`);
  console.log(
    "| PUT | status | ms | CPU of workerd, ms | memory at the peak, MB over before |\n| --- | --- | --- | --- | --- |",
  );
  for (const { name, status, ms, cpuMs: cpu, peakMb } of puts) {
    console.log(`| ${name} | ${status} | ${ms.toFixed(0)} | ${cpu.toFixed(0)} | ${peakMb.toFixed(1)} |`);
  }
  console.log("\n| a connection by a certificate nobody knows | CPU of workerd, µs |\n| --- | --- |");
  for (const [arm, us] of Object.entries(samples)) console.log(`| ${arm} | ${show(spread(us))} |`);
  const [withList = Number.NaN, without = Number.NaN] = Object.values(samples).map((us) => spread(us).median);
  console.log(`\nListed certificates were answered ${refused.join(", ")}`);
  const bounds: [string, boolean][] = [
    [`a PUT takes at most ${PUT_MAX_MS} ms`, puts.every(({ ms }) => ms <= PUT_MAX_MS)],
    [`at most ${MEMORY_MAX_MB} MB more`, puts.every(({ peakMb }) => peakMb <= MEMORY_MAX_MB)],
    [
      "a list that is too long is 422, the others are 200",
      puts.map(({ status }) => status).join() === "200,200,200,200,422",
    ],
    ["who is listed is refused", refused.every((status) => status === 403)],
    [
      `a connection costs at most ${TIMES_MAX} × one without a list (${(withList / without).toFixed(2)})`,
      withList / without <= TIMES_MAX,
    ],
  ];
  for (const [bound, isWithin] of bounds) console.log(`${isWithin ? "WITHIN" : "OVER"}: ${bound}`);
  if (!bounds.every(([, isWithin]) => isWithin)) process.exitCode = 1;
}
