import { until } from "../support/http-peers.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCOPES } from "../../src/security/api-key.ts";
import { Browser, HAS_BROWSER, type Watched } from "../support/browser.ts";
import { axeFaults, complaintsOf, openConsole } from "../support/console-page.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";

describe.skipIf(!HAS_BROWSER)("The console", () => {
  let kerbside: Kerbside;
  let browser: Browser;
  let watched: Watched;
  const url = () => kerbside.edge.httpUrl;
  beforeAll(async () => {
    [kerbside, browser] = await Promise.all([startKerbside(), Browser.start()]);
    watched = await openConsole(browser, url(), kerbside.edge.apiKey);
  });
  afterAll(async () => {
    await Promise.all([browser?.stop(), kerbside?.stop()]);
  });

  test("takes a key for the tab alone, and puts it into no address", async () => {
    const { page } = watched;
    const { apiKey } = kerbside.edge;
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    const stored = await page.evaluate("[Object.values(localStorage), Object.values(sessionStorage)]");
    expect(stored).toEqual([[], [apiKey]]);
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(watched.requests.filter((request) => request.includes(apiKey))).toEqual([]);
    expect(page.url()).not.toContain(apiKey);
  });

  test("says of a key that is none that it is none, and shows nothing", async () => {
    const { page } = await browser.open(`${url()}/#/stations`);
    await page.getByLabel("API key").fill("no-such-key");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("This is no key of this deployment").waitFor();
    expect(await page.getByRole("navigation").count()).toBe(0);
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    await page.close();
  });

  test("needs no key where the edge knows who asks without one", async () => {
    const { page } = await browser.open("about:blank");
    const sent: (string | null)[] = [];
    // As the edge answers behind Cloudflare Access.
    await page.route("**/v1/**", async (route) => {
      sent.push(await route.request().headerValue("authorization"));
      if (!route.request().url().endsWith("/v1/key")) return route.abort();
      const identity = { name: "ada@example.com", kind: "access", scopes: ["stations:read"], stations: null };
      return route.fulfill({ json: identity });
    });
    await page.goto(`${url()}/#/newcomers`);
    await page.getByText("By Cloudflare Access").waitFor();
    await page.getByText("ada@example.com").waitFor();
    await page
      .getByText(/^Unreachable since/)
      .first()
      .waitFor();
    expect(await page.getByRole("button", { name: "Sign out" }).count()).toBe(0);
    expect(new Set(sent)).toEqual(new Set([null]));
    expect(sent.length).toBeGreaterThan(1);
    await page.close();
  });

  test("offers a key that is bound to a part of the fleet nothing that concerns all of it, and says why", async () => {
    const { page } = await browser.open("about:blank");
    const north = { name: "north", kind: "key", scopes: SCOPES, stations: { prefix: "N-" } };
    await page.route("**/v1/**", (route) =>
      route.request().url().endsWith("/v1/key") ? route.fulfill({ json: north }) : route.abort(),
    );
    await page.goto(`${url()}/#/webhooks?new=true`);
    await page.getByText("Your key is for a part of the fleet").waitFor();
    expect(await page.getByRole("button", { name: "New webhook" }).count()).toBe(0);
    expect(await page.getByRole("dialog").count()).toBe(0);
    const side = page.getByRole("navigation", { name: "Pages", exact: true });
    expect(await side.getByRole("link").allInnerTexts()).not.toContain("Webhooks");
    await page.goto(`${url()}/#/settings/keys`);
    const tabs = page.getByRole("navigation", { name: "Settings" });
    await tabs.getByRole("link", { name: "You" }).waitFor();
    expect(await tabs.getByRole("link").count()).toBe(1);
    await page.goto(`${url()}/#/stations?online=maybe`);
    const state = page.getByRole("combobox", { name: "State" });
    await state.waitFor();
    expect(await state.locator("option").allInnerTexts()).toEqual(["State", "Online", "Offline"]);
    await page.close();
  });

  test("is gone through by keyboard alone", async () => {
    const { page } = watched;
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("newc");
    await page.getByRole("option", { name: "Newcomers" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Newcomers" }).waitFor();
    await until("the title", async () => (await page.title()) === "Newcomers · Kerbside");
    await page.keyboard.press("/");
    await page.getByRole("dialog", { name: "Search" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Search" }).waitFor({ state: "detached" });
  });

  test("has nothing that axe-core finds, in either theme", async () => {
    const faults = { light: await axeFaults(watched, "light"), dark: await axeFaults(watched, "dark") };
    expect(faults).toEqual({ light: [], dark: [] });
  });

  test("asks no other host for anything, and does nothing that its policy forbids", () => {
    expect(watched.abroad(url())).toEqual([]);
    expect(complaintsOf(watched)).toEqual([]);
  });
});
