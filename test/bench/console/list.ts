/**
 * The list of 100,000 stations and the overview in a browser: how soon each can be used, and how evenly the list scrolls. Must not know
 * what is on a page but its rows and figures.
 */
import { loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { CDPSession, Page } from "playwright-core";
import { type ConsoleBench, startConsoleBench } from "./fleet.ts";

const STATIONS = Number(process.env.STATIONS ?? 100_000);
const ROUNDS = Number(process.env.ROUNDS ?? 9);
/** ms until a page can be used, the median of the rounds. */
const USABLE_MAX_MS = 1_000;
/** Frames a second while it scrolls. */
const FRAMES_MIN = 50;
/** ms of scrolling, in each of its ways. */
const SCROLL_MS = 5_000;

/** ms between two looks at whether it is. */
const LOOK_MS = 20;

/** What is waited for on each page, and the key that has to do something. */
const PAGES = {
  stations: { address: "#/stations", isThere: 'main [role="row"][data-index] a' },
  overview: { address: "#/", isThere: "main .number" },
} as const;

/** Watches from before the page's first script; usable is the frame after what is waited for, in which a key is heard. */
const WATCH = `(() => {
  const isThere = sessionStorage.getItem("bench.isThere");
  if (isThere === null) return;
  const found = () => {
    if (document.querySelector(isThere) === null) return false;
    const at = performance.now();
    requestAnimationFrame(() => setTimeout(() => { window.usable = { there: at, usable: performance.now() }; }));
    return true;
  };
  const watcher = new MutationObserver(() => { if (found()) watcher.disconnect(); });
  watcher.observe(document, { childList: true, subtree: true });
})();`;

/** As many plain rows in a page without a script: what this browser can do here, while this machine does what else it does. */
const BARE = `<style>.rows{height:90vh;overflow:auto}[role=row]{height:36px;display:grid;grid-template-columns:repeat(8,1fr)}</style>
<main><div role="table"><div class="rows">${Array.from(
  { length: 5_000 },
  (_, row) => `<div role="row" data-index="${row}">${"<div>A cell of a row</div>".repeat(8)}</div>`,
).join("")}</div></div></main>`;
/** Of the bare page's frames, where that has fewer than it should. */
const OF_BARE_MIN = 0.9;

/** Scrolls by so many px each frame, and tells when each frame was and whether rows were to be seen in it. */
const SCROLL = (pxPerFrame: number) => `(async () => {
  const place = document.querySelector('main [role="table"] .rows');
  const frames = [];
  let blank = 0;
  const begun = performance.now();
  while (performance.now() - begun < ${SCROLL_MS}) {
    const at = await new Promise(requestAnimationFrame);
    frames.push(at);
    const box = place.getBoundingClientRect();
    const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (seen?.closest('[role="row"]') === null) blank++;
    place.scrollTop += ${pxPerFrame};
  }
  const last = document.querySelectorAll('main [role="row"][data-index]');
  return { frames, blank, reached: Number(last[last.length - 1]?.dataset.index ?? 0) };
})()`;

export async function list(): Promise<boolean> {
  process.stderr.write(`filling the directory of a local edge with ${STATIONS} stations …\n`);
  const begun = performance.now();
  const bench = await startConsoleBench(STATIONS);
  process.stderr.write(`… in ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
  try {
    return await measured(bench);
  } finally {
    await bench.stop();
  }
}

async function measured({ edge, browser, watched: { page } }: ConsoleBench): Promise<boolean> {
  await page.addInitScript(WATCH);
  const over: string[] = [];
  console.log(
    `${STATIONS} stations; load ${loadavg()[0]?.toFixed(1)}; ms from asking for the page, its scripts from the cache\n`,
  );
  console.log("| page | there, median | usable, median | usable, worst |");
  console.log("| --- | ---: | ---: | ---: |");
  for (const [name, { address, isThere }] of Object.entries(PAGES)) {
    const rounds: { there: number; usable: number }[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const taken = await opened(page, `${edge.httpUrl}/${address}`, isThere);
      // The first one brings the scripts.
      if (round >= 0) rounds.push(taken);
    }
    const [there, usable] = [rounds.map((each) => each.there), rounds.map((each) => each.usable)];
    console.log(
      `| ${name} | ${median(there).toFixed(0)} | ${median(usable).toFixed(0)} | ${Math.max(...usable).toFixed(0)} |`,
    );
    if (!(median(usable) <= USABLE_MAX_MS)) over.push(`${name} is usable after ${median(usable).toFixed(0)} ms`);
  }
  await opened(page, `${edge.httpUrl}/${PAGES.stations.address}`, PAGES.stations.isThere);
  const session = await browser.context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const bare = await browser.context.newPage();
  await bare.setContent(BARE);
  console.log(
    `\n| scrolling, ${SCROLL_MS / 1000} s each | frames a second | of a bare page beside it | worst frame, ms | 99 % of frames within, ms | its CPU a frame, ms | blank | row reached |`,
  );
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const [name, px] of [
    ["reading, 12 px a frame", 12],
    ["a wheel turned fast, 120 px", 120],
    ["the bar pulled, 600 px", 600],
  ] as const) {
    await bare.bringToFront();
    await bare.evaluate("document.querySelector('.rows').scrollTop = 0");
    const floor = framesOf((await bare.evaluate<Scrolled>(SCROLL(px))).frames);
    await page.bringToFront();
    const before = await taskMs(session);
    const { frames, blank, reached } = await page.evaluate<Scrolled>(SCROLL(px));
    const cpuMs = (await taskMs(session)) - before;
    const { rate, worst, p99 } = framesOf(frames);
    const figures = [rate, floor.rate].map((each) => each.toFixed(1));
    const rest = [worst.toFixed(0), p99.toFixed(0), (cpuMs / frames.length).toFixed(1), blank, reached];
    console.log(`| ${[name, ...figures, ...rest].join(" | ")} |`);
    if (!(rate >= Math.min(FRAMES_MIN, floor.rate * OF_BARE_MIN)))
      over.push(`${name}: ${rate.toFixed(1)} frames a second, ${floor.rate.toFixed(1)} of a bare page`);
  }
  console.log(
    over.length === 0
      ? `\nWITHIN: ${USABLE_MAX_MS} ms, ${FRAMES_MIN} frames a second or ${OF_BARE_MIN} of a bare page's`
      : `\nOVER: ${over.join("; ")}`,
  );
  return over.length === 0;
}

interface Scrolled {
  /** ms, when each was. */
  frames: number[];
  blank: number;
  reached: number;
}

function framesOf(frames: readonly number[]): { rate: number; worst: number; p99: number } {
  const gaps = frames.slice(1).map((at, place) => at - (frames[place] ?? at));
  const rate = (gaps.length / ((frames.at(-1) ?? 0) - (frames[0] ?? 0))) * 1000;
  const sorted = gaps.toSorted((a, b) => a - b);
  return { rate, worst: Math.max(...gaps), p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN };
}

/** ms on a CPU of the page's main thread, whatever else this machine does. */
async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
}

async function opened(page: Page, url: string, isThere: string): Promise<{ there: number; usable: number }> {
  // The key is in the tab's storage; the address alone, with another hash, would not be a load.
  await page.evaluate(`sessionStorage.setItem("bench.isThere", ${JSON.stringify(isThere)})`);
  await page.goto("about:blank");
  await page.goto(url);
  // Not the browser's own waiting, which evaluates what the page's policy forbids.
  for (;;) {
    const taken = await page.evaluate<{ there: number; usable: number } | null>("window.usable ?? null");
    if (taken !== null) return taken;
    await delay(LOOK_MS);
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
