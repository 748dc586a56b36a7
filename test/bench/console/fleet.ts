/**
 * A real local edge whose directory has a fleet of a given size, and a browser that is signed in to its console. Must not know what is
 * measured.
 */
import { type Edge, startEdge } from "../../../src/local/edge.ts";
import { Browser, type Watched } from "../../support/browser.ts";
import { openConsole } from "../../support/console-page.ts";
import { temporaryFolder } from "../../support/edge-client.ts";
import { stationOf } from "../directory-fleet.ts";
import type { Transition } from "../../../src/fleet/transition.ts";

/** Stations of one statement. */
const FILL = 1_000;

export interface ConsoleBench {
  edge: Edge;
  browser: Browser;
  watched: Watched;
  stop(): Promise<void>;
}

export async function startConsoleBench(stations: number): Promise<ConsoleBench> {
  const folder = temporaryFolder();
  const edge = await startEdge({ dir: folder.dir, env: {}, log: () => {} });
  await fill(edge, stations);
  const browser = await Browser.start();
  const watched = await openConsole(browser, edge.httpUrl, edge.apiKey);
  return {
    ...{ edge, browser, watched },
    stop: async () => {
      await browser.stop();
      await edge.stop();
      folder.remove();
    },
  };
}

type Insert = (directory: unknown, transitions: readonly Transition[]) => Promise<unknown>;

/** Nobody connects, and each is listed. */
async function fill({ miniflare }: Edge, stations: number): Promise<void> {
  const directory = await miniflare.getD1Database("DIRECTORY");
  // Of the Worker's rooms, which the tests' types do not know.
  const { insert } = (await import(new URL("./fill.js", import.meta.url).href)) as { insert: Insert };
  for (let first = 0; first < stations; first += FILL) {
    const count = Math.min(FILL, stations - first);
    await insert(
      directory,
      Array.from({ length: count }, (_, index) => stationOf(first + index)),
    );
  }
}
