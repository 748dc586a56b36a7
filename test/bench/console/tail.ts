/**
 * The live tail of a station that says 100 CALLs a second, 200 frames with their answers, in a browser for a minute: whether a row is
 * missing, how often the page draws, and whether its memory grows. Must not know how the page keeps its rows.
 */
import { loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { CDPSession, Page } from "playwright-core";
import { Browser } from "../../support/browser.ts";
import { openConsole } from "../../support/console-page.ts";
import { startKerbside } from "../../support/kerbside.ts";
import type { TestStation } from "../../support/test-station.ts";

const SECONDS = Number(process.env.TAIL_SECONDS ?? 60);
const CALLS_PER_SECOND = 100;
/** CALLs in one go, so often that a second is even. */
const GO_MS = 50;
/** Drawings in any one second. */
const DRAWN_MAX = 5;
/** Rows that the page keeps: its memory is looked at once they are all there. */
const KEPT = 5_000;
/** KB more after the minute than before it, of what is left when all garbage is gone: what a browser itself keeps of a minute. */
const GROWTH_MAX_KB = 1_000;
/** MeterValues as a station sends them, one in four; the others are Heartbeats and StatusNotifications. */
const METER = {
  connectorId: 1,
  meterValue: [{ timestamp: "2026-11-28T12:00:00Z", sampledValue: [{ value: "1234.5", unit: "Wh" }] }],
};
const STATUS = { connectorId: 1, status: "Charging", errorCode: "NoError" };

/** When each drawing was. */
const WATCH = `(() => {
  window.drawnAt = [];
  new MutationObserver(() => window.drawnAt.push(performance.now()))
    .observe(document.querySelector(".tail-view"), { attributes: true, attributeFilter: ["data-drawn"] });
})()`;

interface Shown {
  arrived: number;
  /** Rows that are kept, and those that had to go for newer ones. */
  rows: number;
}

export async function tail(): Promise<boolean> {
  const kerbside = await startKerbside();
  const browser = await Browser.start();
  try {
    const station = await kerbside.station("BUSY");
    await station.call("BootNotification", { chargePointVendor: "Kerbside", chargePointModel: "Bench" });
    const { page } = await openConsole(browser, kerbside.edge.httpUrl, kerbside.edge.apiKey, "#/stations/BUSY");
    await page.getByRole("region", { name: "Live tail" }).getByText("Live", { exact: true }).waitFor();
    return await measured(page, await browser.context.newCDPSession(page), new Talker(station));
  } finally {
    await Promise.all([browser.stop(), kerbside.stop()]);
  }
}

async function measured(page: Page, session: CDPSession, talker: Talker): Promise<boolean> {
  process.stderr.write(`until ${KEPT} rows are kept …\n`);
  while ((await shownOf(page)).rows < KEPT) await talker.talk(5);
  await settled(page, talker);
  await page.evaluate(WATCH);
  await session.send("Performance.enable");
  const [before, heapBefore, busyBefore] = [await shownOf(page), await heapKb(session), await busySeconds(session)];
  const { calls } = talker;
  const heaps = [heapBefore];
  const load = loadavg()[0]?.toFixed(1);
  process.stderr.write(`${SECONDS} s of ${2 * CALLS_PER_SECOND} frames a second …\n`);
  for (let second = 0; second < SECONDS; second += 10) {
    await talker.talk(Math.min(10, SECONDS - second));
    heaps.push(await heapKb(session));
  }
  await settled(page, talker);
  const [after, heapAfter, busyAfter] = [await shownOf(page), await heapKb(session), await busySeconds(session)];
  const drawn = mostInOneSecond(await page.evaluate<number[]>("window.drawnAt"));
  const said = talker.calls - calls;
  const missing = { frames: 2 * said - (after.arrived - before.arrived), rows: said - (after.rows - before.rows) };
  console.log(`${said} CALLs in ${SECONDS} s, each with its answer; load ${load}\n`);
  console.log("| frames that came | missing | rows | missing | drawings in a second, most | busy, % of one core |");
  console.log("| ---: | ---: | ---: | ---: | ---: | ---: |");
  console.log(
    `| ${after.arrived - before.arrived} | ${missing.frames} | ${after.rows - before.rows} | ${missing.rows} | ${drawn} | ${(
      (100 * (busyAfter - busyBefore)) / SECONDS
    ).toFixed(0)} |`,
  );
  console.log(`\nheap behind a collection, KB, every 10 s: ${[...heaps, heapAfter].map(Math.round).join(", ")}`);
  const over = [
    ...(missing.frames === 0 && missing.rows === 0
      ? []
      : [`${missing.frames} frames and ${missing.rows} rows are missing`]),
    ...(drawn <= DRAWN_MAX ? [] : [`${drawn} drawings in a second`]),
    ...(heapAfter - heapBefore <= GROWTH_MAX_KB ? [] : [`${Math.round(heapAfter - heapBefore)} KB more than before`]),
  ];
  console.log(
    over.length === 0
      ? `\nWITHIN: no row is missing, ${DRAWN_MAX} drawings a second, ${GROWTH_MAX_KB} KB`
      : `\nOVER: ${over.join("; ")}`,
  );
  return over.length === 0;
}

/** Says so many CALLs a second, whoever is slow. */
class Talker {
  readonly #station: TestStation;
  calls = 0;

  constructor(station: TestStation) {
    this.#station = station;
  }

  async talk(seconds: number): Promise<void> {
    const begun = performance.now();
    const first = this.calls;
    const due = () => Math.min(seconds, (performance.now() - begun) / 1_000) * CALLS_PER_SECOND;
    while (this.calls - first < seconds * CALLS_PER_SECOND) {
      while (this.calls - first < Math.floor(due())) this.#say();
      await delay(GO_MS);
    }
  }

  get answered(): number {
    return this.#station.frames.length;
  }

  #say(): void {
    const id = `t${++this.calls}`;
    const [action, payload] =
      this.calls % 4 === 0
        ? ["MeterValues", METER]
        : this.calls % 4 === 1
          ? ["StatusNotification", STATUS]
          : ["Heartbeat", {}];
    this.#station.send([2, id, action, payload]);
  }
}

/** Until nothing more comes. */
async function settled(page: Page, talker: Talker): Promise<void> {
  for (let last = -1; ; ) {
    await delay(1_000);
    const { arrived } = await shownOf(page);
    if (arrived === last && talker.answered >= talker.calls) return;
    last = arrived;
  }
}

async function shownOf(page: Page): Promise<Shown> {
  const data = await page.evaluate<Record<string, string>>("({ ...document.querySelector('.tail-view').dataset })");
  return { arrived: Number(data.arrived), rows: Number(data.rows) + Number(data.dropped) };
}

async function heapKb(session: CDPSession): Promise<number> {
  // Twice: what the first one finalises the second one takes.
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / 1_000;
}

async function busySeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
}

function mostInOneSecond(times: readonly number[]): number {
  let [most, first] = [0, 0];
  for (const [last, at] of times.entries()) {
    while (at - (times[first] ?? at) >= 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
