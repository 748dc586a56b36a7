/**
 * `npm run screenshots`: the console's pages as pictures, of the demo's fleet. Must not know what is on a page.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "playwright-core";
import { Kerbside } from "../../src/client/kerbside.ts";
import { Browser } from "../support/browser.ts";
import { signIn } from "../support/console-page.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { programOptions } from "../support/program-options.ts";
import { DOCS_SIZE, type Shot, SHOTS, SIZES, THEMES } from "./shots.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const OUT = join(ROOT, ".kerbside/screenshots");
const DOCS = join(ROOT, "docs/images");
const DEMO = join(ROOT, "src/simulator/cli/demo.ts");
/** ms until the fleet has something to tell: the silent one is given up, a campaign has gone through, curves have points. */
const LIVED_MS = 150_000;
/** ms for a page's first answers. */
const SETTLED_MS = 1_500;
/** KB of a picture in the docs. */
const DOCS_MAX_KB = 150;

const USAGE = `Usage: npm run screenshots -- [--only NAME] [--docs] [--url URL --key KEY]

Those of the docs alone; of an edge that runs already, in place of the demo.
`;
const values = programOptions(USAGE, {
  only: { type: "string" },
  url: { type: "string" },
  key: { type: "string" },
  docs: { type: "boolean", default: false },
});

interface Place {
  url: string;
  key: string;
  stop(): Promise<void>;
}

async function demo(): Promise<Place> {
  const folder = temporaryFolder();
  const ports = { KERBSIDE_PORT: "0", KERBSIDE_TLS_PORT: "0", KERBSIDE_MTLS_PORT: "0" };
  const child = spawn(process.execPath, [DEMO], {
    ...{ cwd: ROOT, env: { ...process.env, ...ports, KERBSIDE_DIR: folder.dir }, stdio: ["ignore", "pipe", "inherit"] },
  });
  const found = Promise.withResolvers<{ url: string; key: string }>();
  let url = "";
  createInterface(child.stdout).on("line", (line) => {
    url ||= /^Console +(\S+)$/.exec(line)?.[1] ?? "";
    const key = /^API key +(\S+)$/.exec(line)?.[1];
    if (key !== undefined) found.resolve({ url, key });
  });
  child.once("exit", () => found.reject(new Error("the demo ended before it was there")));
  const place = await found.promise;
  process.stdout.write(`The demo is there; ${LIVED_MS / 1000} s until it has something to tell …\n`);
  await delay(LIVED_MS);
  const stop = async () => {
    child.kill("SIGINT");
    await once(child, "exit");
    folder.remove();
  };
  return { ...place, stop };
}

const place: Place =
  values.url !== undefined && values.key !== undefined
    ? { url: values.url, key: values.key, stop: async () => {} }
    : await demo();
try {
  const origin = place.url.replace(/\/+$/, "");
  const kerbside = new Kerbside({ url: origin, key: place.key });
  const { campaigns } = await kerbside.campaigns.page({ limit: 10 });
  const running = campaigns.find(({ state }) => state === "running") ?? campaigns[0];
  const { stations } = await kerbside.stationsPage({ limit: 1 });
  process.stdout.write(`${stations.length === 0 ? "No fleet" : "A fleet"} at ${origin}\n`);
  const wanted = SHOTS.filter(({ name, isInDocs = false }) =>
    values.only === undefined ? !values.docs || isInDocs : values.only.split(",").includes(name),
  );
  const browser = await Browser.start();
  try {
    const watched = await browser.open(`${origin}/#/`);
    await watched.page.setViewportSize(SIZES.desktop);
    await signIn(watched, place.key);
    for (const shot of wanted) await photograph(watched.page, origin, shot, running?.campaignId ?? "");
  } finally {
    await browser.stop();
  }
} finally {
  await place.stop();
}

async function photograph(page: Page, origin: string, shot: Shot, campaign: string): Promise<void> {
  for (const [size, viewport] of Object.entries(values.docs ? { desktop: DOCS_SIZE } : SIZES)) {
    await page.setViewportSize(viewport);
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.goto("about:blank");
      await page.goto(`${origin}/${shot.address.replace("{campaign}", campaign)}`);
      await page.getByRole("main").waitFor();
      await delay(SETTLED_MS);
      if (shot.press !== undefined) await page.getByRole("button", { name: shot.press }).first().click();
      const isForDocs = values.docs && shot.isInDocs === true;
      const folder = isForDocs ? DOCS : OUT;
      mkdirSync(folder, { recursive: true });
      const path = join(folder, isForDocs ? `${shot.name}-${theme}.png` : `${shot.name}-${size}-${theme}.png`);
      await page.screenshot({ path, animations: "disabled" });
      const kb = statSync(path).size / 1000;
      process.stdout.write(`${path} ${kb.toFixed(0)} KB\n`);
      if (isForDocs && kb > DOCS_MAX_KB) {
        process.stderr.write(`${path} is larger than the ${DOCS_MAX_KB} KB that a picture of the docs may have\n`);
        process.exitCode = 1;
      }
    }
  }
}
