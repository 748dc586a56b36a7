// Measures in workerd what checking payloads costs: CPU per message with and without, interleaved, and the size in the bundle.
// It must not know how the checks work: it runs validate() as the Worker does, beside JSON.parse and dispatch alone.

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { cpuMs, processTree, spread } from "./figures.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 15);
/** Long enough that the request around the loop is below 1 %. */
const ROUND_MS = 150;

const timestamp = "2026-11-23T12:00:00.000Z";
const measurand = ["Energy.Active.Import.Register", "Power.Active.Import", "Voltage", "Current.Import"];
const sampledValue = Array.from({ length: 20 }, (_, i) => ({
  value: 230.1 + i,
  measurand: measurand[i % 4],
  phase: `L${(i % 3) + 1}`,
  context: "Sample.Periodic",
  unitOfMeasure: { unit: "W", multiplier: 0 },
}));
const reportData = Array.from({ length: 100 }, (_, i) => ({
  component: { name: "EVSE", instance: `i${i}`, evse: { id: 1, connectorId: 1 } },
  variable: { name: "AvailabilityState" },
  variableAttribute: [
    { type: "Actual", value: "Available", mutability: "ReadOnly", persistent: true, constant: false },
  ],
  variableCharacteristics: { dataType: "OptionList", supportsMonitoring: true, valuesList: "Available,Occupied" },
}));

const CASES: readonly [title: string, protocol: string, action: string, payload: object][] = [
  ["Heartbeat (1.6)", "ocpp1.6", "Heartbeat", {}],
  [
    "StatusNotification (1.6)",
    "ocpp1.6",
    "StatusNotification",
    {
      connectorId: 1,
      errorCode: "NoError",
      info: "",
      status: "Charging",
      timestamp,
      vendorId: "",
      vendorErrorCode: "",
    },
  ],
  [
    "StartTransaction (1.6)",
    "ocpp1.6",
    "StartTransaction",
    { connectorId: 1, idTag: "04E9A1B2C3D4", meterStart: 1234567, timestamp },
  ],
  [
    "TransactionEvent, 20 values (2.0.1)",
    "ocpp2.0.1",
    "TransactionEvent",
    {
      eventType: "Updated",
      timestamp,
      triggerReason: "MeterValuePeriodic",
      seqNo: 7,
      transactionInfo: { transactionId: "6ba7b810-9dad-11d1-80b4-00c04fd430c8", chargingState: "Charging" },
      evse: { id: 1, connectorId: 1 },
      meterValue: [{ timestamp, sampledValue }],
    },
  ],
  [
    "NotifyReport, 100 items (2.0.1)",
    "ocpp2.0.1",
    "NotifyReport",
    { requestId: 1, generatedAt: timestamp, seqNo: 0, tbc: false, reportData },
  ],
];

const WORKER = `
import { validate } from "./validate.ts";
const handlers = new Map(["Heartbeat", "StatusNotification", "StartTransaction", "TransactionEvent", "NotifyReport"]
  .map((action) => [action, (payload) => Object.keys(payload).length]));
let sum = 0;
export default {
  async fetch(request) {
    const { protocol, text, count, check } = await request.json();
    for (let i = 0; i < count; i++) {
      const frame = JSON.parse(text);
      if (check && validate(protocol, frame[2], "request", frame[3]).length > 0) return new Response("fault", { status: 500 });
      sum += handlers.get(frame[2])(frame[3]);
    }
    return new Response(String(sum));
  },
};`;

async function bundle(contents: string, minify: boolean): Promise<string> {
  const resolveDir = fileURLToPath(new URL("../../src/ocpp/schemas", import.meta.url));
  const stdin = { contents, resolveDir, loader: "ts" as const };
  const result = await build({ stdin, bundle: true, format: "esm", target: "es2024", write: false, minify });
  return result.outputFiles[0]?.text ?? "";
}

/** The clock in a Worker stands still: what it takes is seen from outside alone. */
function workerdPid(): number {
  const workerd = processTree(process.pid).find(({ name }) => name === "workerd");
  if (workerd === undefined) throw new Error("no workerd of ours is running (this needs Linux's /proc)");
  return workerd.pid;
}

const script = await bundle(WORKER, false);
const miniflare = new Miniflare(
  convertV4MiniflareOptions({ modules: true, script, compatibilityDate: "2026-11-17" } as never) as never,
);
try {
  await miniflare.ready;
  const pid = workerdPid();
  const run = async (protocol: string, text: string, count: number, check: boolean): Promise<number> => {
    const before = cpuMs(pid);
    const body = JSON.stringify({ protocol, text, count, check });
    const response = await miniflare.dispatchFetch("http://bench/", { method: "POST", body });
    if (!response.ok) throw new Error(await response.text());
    await response.text();
    return (1000 * (cpuMs(pid) - before)) / count;
  };
  const rows: string[] = [];
  for (const [title, protocol, action, payload] of CASES) {
    const text = JSON.stringify([2, "0a1b2c3d-0000-4000-8000-000000000001", action, payload]);
    let count = 200;
    // Until the code is warm and a round is long enough.
    for (let us = 0; us * count < ROUND_MS * 1000; ) {
      us = await run(protocol, text, count, true);
      await run(protocol, text, count, false);
      if (us * count < ROUND_MS * 1000) count *= 2;
    }
    const bare: number[] = [];
    const checked: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // Turn about, so that neither always runs on the warmer machine.
      const order = round % 2 === 0 ? [false, true] : [true, false];
      for (const check of order) (check ? checked : bare).push(await run(protocol, text, count, check));
      ratios.push((checked.at(-1) ?? 0) / (bare.at(-1) ?? 1));
    }
    const show = (values: number[]) => {
      const { median, low, high } = spread(values);
      return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
    };
    const cost = (spread(checked).median - spread(bare).median).toFixed(2);
    rows.push(`| ${title} | ${text.length} | ${show(bare)} | ${show(checked)} | ${cost} | ${show(ratios)} |`);
  }
  console.log(`CPU per message in workerd, µs: median (quartiles) of ${ROUNDS} interleaved rounds\n`);
  console.log("| message | bytes | parse + dispatch | + validate | validate alone | ratio |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  console.log(rows.join("\n"));
} finally {
  await miniflare.dispose();
}

const kb = (text: string) => (gzipSync(text, { level: 9 }).length / 1000).toFixed(1);
const exporting = 'export { validate, checkLenient, faultCode, hasAction } from "./validate.ts";';
const formats = await bundle('export { formatCheck } from "./formats.ts";', true);
const minified = await bundle(exporting, true);
const plain = await bundle(exporting, false);
console.log(
  `\nIn the bundle: ${kb(minified)} KB gzip minified (${kb(plain)} as wrangler bundles it), ajv-formats ${kb(formats)} of it`,
);
if (/new Function|\beval\(/.test(plain)) throw new Error("the bundle holds code that workerd refuses");
