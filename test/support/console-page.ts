/**
 * The console in a browser, as somebody who is signed in has it, and what axe-core finds on it. Must not know what is on a page.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Watched } from "./browser.ts";

const AXE = readFileSync(join(import.meta.dirname, "../../node_modules/axe-core/axe.min.js"), "utf8");
/** What the browser itself says of an answer that is no success: the console asks to find out. */
const ANSWERED = /^Failed to load resource: the server responded with a status of 40[134]/;

const SHOWN_WITHIN_MS = 15_000;

/** @param to an address as `#/stations` */
export async function openConsole(browser: Browser, url: string, key: string, to = "#/"): Promise<Watched> {
  const watched = await browser.open(`${url}/${to}`);
  // What is not there by then will not come: the test says so, rather than the runner.
  watched.page.setDefaultTimeout(SHOWN_WITHIN_MS);
  await watched.page.setViewportSize({ width: 1440, height: 900 });
  await signIn(watched, key);
  return watched;
}

export async function signIn({ page }: Watched, key: string): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation").first().waitFor();
}

/** The browser says so of a tail that is left before it has begun. */
const LEFT = /WebSocket is closed before the connection is established/;

/** Less what was expected of an edge that refuses, or is not there. */
export const complaintsOf = ({ complaints }: Watched): string[] =>
  complaints.filter((each) => !ANSWERED.test(each) && !LEFT.test(each));

/** "rule: the element" of each fault, in the theme that is named. */
export async function axeFaults({ page }: Watched, theme: "light" | "dark"): Promise<string[]> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
  // As a debugger evaluates: the page's policy lets in no script but its own.
  await page.evaluate(`${AXE}; undefined`);
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}
