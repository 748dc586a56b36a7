import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser, HAS_BROWSER, type Watched } from "../support/browser.ts";
import { axeFaults, complaintsOf, openConsole, signIn } from "../support/console-page.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { until } from "../support/http-peers.ts";
import { TestStation } from "../support/test-station.ts";

const execFileAsync = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const ALL = "a-key-for-all-of-it";
const READER = "a-key-that-reads";
const SCOPES = ["stations:read", "stations:write", "commands:write", "webhooks:write", "metrics:read"];
const keyOf = (name: string, token: string, scopes: string[]) => ({
  ...{ name, scopes },
  sha256: createHash("sha256").update(token).digest("hex"),
});
const KEYS = [
  keyOf("on call", ALL, [...SCOPES, "messages:read", "campaigns:write", "audit:read"]),
  keyOf("reader", READER, ["stations:read"]),
];
/** Written by a station, or about one: it would say so in the page's title if it were run. */
const SCRIPT = `<img src=x onerror="document.title='run'"><script>document.title='run'</script>`;
/** ms of the page's clock, in which a list would have been asked for again several times. */
const A_WHILE_MS = 60_000;

describe.skipIf(!HAS_BROWSER)("The console's pages of the fleet", () => {
  let kerbside: Kerbside;
  let browser: Browser;
  let watched: Watched;
  const url = () => kerbside.edge.httpUrl;
  const see = (to: string) => watched.page.evaluate(`location.hash = ${JSON.stringify(to)}`);
  beforeAll(async () => {
    [kerbside, browser] = await Promise.all([startKerbside({ API_KEYS: JSON.stringify(KEYS) }), Browser.start()]);
    // The helpers' calls, too, are by a key of these.
    Object.assign(kerbside.edge, { apiKey: ALL });
    watched = await openConsole(browser, url(), ALL);
  });
  afterAll(async () => {
    await Promise.all([browser?.stop(), kerbside?.stop()]);
  });

  test("show an empty fleet the three commands that fill it, and they do", async () => {
    const { page } = watched;
    await page.getByText("No station is registered yet").waitFor();
    const [register = "", connect = "", ask = ""] = await page.locator(".first-station code").allTextContents();
    const env = { ...process.env, KEY: ALL };
    const run = (command: string) => execFileAsync("bash", ["-c", command], { env, cwd: ROOT });
    await run(`${register} -sf`);
    // Without its "&": it is this test's to end.
    const station = spawn("bash", ["-c", `exec ${connect.replace(/ &$/, "")}`], { env, cwd: ROOT, stdio: "ignore" });
    try {
      await page.getByRole("link", { name: "1 stations online" }).waitFor();
      expect((await run(`${ask} -sf`)).stdout).toContain('"payload":{"status":"Accepted"}');
    } finally {
      station.kill();
    }
  });

  test("show a station that connects, without a reload", async () => {
    const { page } = watched;
    await see("#/stations");
    const station = await kerbside.station("LIVE-1");
    const row = page.getByRole("row").filter({ hasText: "LIVE-1" });
    await row.getByText("online", { exact: true }).waitFor();
    station.kill();
    await row.getByText("lost: the connection broke").waitFor();
    await see("#/");
    await page.getByRole("link", { name: /^[12] stations offline$/ }).waitFor();
  });

  test("keep what a station says of itself a text, whatever it says", async () => {
    const { page } = watched;
    const station = await kerbside.station("XSS-1", {}, { labels: { note: SCRIPT } });
    const boot = { chargePointVendor: SCRIPT.slice(0, 20), chargePointModel: "<b>bold</b>" };
    station.send([2, "1", "BootNotification", { ...boot, chargePointSerialNumber: "<i>SN-9</i>" }]);
    await see("#/stations?q=XSS-1");
    const row = page.getByRole("row").filter({ hasText: "XSS-1" });
    await row.getByText("<i>SN-9</i>").waitFor();
    expect(await row.textContent()).toContain(`note=${SCRIPT}`);
    await station.socket.close(4000, "<u>bye</u>");
    await row.getByText("<u>bye</u>").waitFor();
    expect(await row.locator("img, script, b, i, u").count()).toBe(0);
    await see("#/");
    await page.getByText(SCRIPT.slice(0, 20)).first().waitFor();
    // A number leads to the list behind it.
    await page.getByRole("link", { name: "1 closed by the station" }).click();
    await row.waitFor();
    await page.getByRole("row").filter({ hasText: "LIVE-1" }).waitFor({ state: "detached" });
    await see("#/");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    // The title is set after what it is of is drawn.
    await until("the title", async () => (await page.title()) === "Overview · Kerbside");
  });

  test("find by what stands in the address, and put what is chosen there", async () => {
    const { page } = watched;
    await kerbside.register("NORTH-1", { labels: { site: "north" } });
    await kerbside.register("NORTH-2", { labels: { site: "north" }, securityProfile: 3 });
    await see("#/stations?label=site%3Dnorth&securityProfile=3");
    await page.getByRole("row").filter({ hasText: "NORTH-2" }).waitFor();
    await page.getByRole("row").filter({ hasText: "LIVE-1" }).waitFor({ state: "detached" });
    expect(await page.getByRole("row").filter({ hasText: "NORTH-1" }).count()).toBe(0);
    await page.getByLabel("Profile", { exact: true }).selectOption("0");
    await page.getByRole("row").filter({ hasText: "NORTH-1" }).waitFor();
    expect(page.url()).toContain("securityProfile=0");
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("link", { name: "NORTH-2", exact: true }).waitFor();
    await page.getByRole("link", { name: "NORTH-1", exact: true }).focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("NORTH-2");
    await page.getByRole("checkbox", { name: "Choose NORTH-1" }).check();
    await page.getByRole("checkbox", { name: "Choose NORTH-2" }).check();
    await page.getByRole("button", { name: "Campaign for 2 chosen" }).click();
    await page.waitForURL(/#\/campaigns\/new\?chosen=2$/);
    expect(await page.evaluate("sessionStorage.getItem('kerbside.chosen')")).toBe('["NORTH-1","NORTH-2"]');
  });

  test("find a station by the id of a command, from anywhere", async () => {
    const { page } = watched;
    const station = await kerbside.station("ASKED-1");
    station.answerCalls(() => ({ status: "Accepted" }));
    const { body } = await kerbside.command("ASKED-1", "ClearCache");
    await until("the audit to have it", async () => {
      const audit = await kerbside.api("GET", "/v1/audit?stationId=ASKED-1");
      return JSON.stringify(audit.body).includes(body.commandId);
    });
    await see("#/settings");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill(body.commandId);
    await page.getByRole("option", { name: "The command’s station: ASKED-1" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "ASKED-1" }).waitFor();
    expect(page.url()).toContain("#/stations/ASKED-1?tab=commands");
    station.kill();
  });

  test("register who knocked with one click", async () => {
    const { page } = watched;
    const knock = { url: `ws://localhost:${kerbside.edge.port}/ocpp/NEW-1`, protocols: ["ocpp2.0.1"] };
    await expect(TestStation.connect(knock)).rejects.toThrow("404");
    await see("#/newcomers");
    await page.getByRole("button", { name: "Register NEW-1" }).click();
    const dialog = page.getByRole("dialog", { name: "Register NEW-1" });
    expect(await dialog.getByLabel("Security profile").inputValue()).toBe("1");
    expect(await dialog.getByLabel("2.0.1").isChecked()).toBe(true);
    await dialog.getByRole("button", { name: "Register" }).click();
    const made = page.getByRole("dialog", { name: "NEW-1 is registered" });
    const password = (await made.locator("code").textContent()) ?? "";
    await made.getByRole("button", { name: "Close" }).first().click();
    await page.getByRole("button", { name: "Register NEW-1" }).waitFor({ state: "detached" });
    const station = await TestStation.connect({ ...knock, user: "NEW-1", password });
    station.kill();
    const { body } = await kerbside.api("GET", "/v1/stations/NEW-1", undefined, { authorization: `Bearer ${ALL}` });
    expect([body.securityProfile, body.protocols]).toEqual([1, ["ocpp2.0.1"]]);
  });

  test("have nothing that axe-core finds, in either theme", async () => {
    const { page } = watched;
    const found: Record<string, string[]> = {};
    for (const [to, shown] of [
      ["#/", "Over time"],
      ["#/stations", "LIVE-1"],
      ["#/newcomers", "Nobody has knocked"],
    ] as const) {
      await see(to);
      await page.getByText(shown).first().waitFor();
      for (const theme of ["light", "dark"] as const) found[`${to} ${theme}`] = await axeFaults(watched, theme);
    }
    expect(Object.entries(found).filter(([, faults]) => faults.length > 0)).toEqual([]);
    expect(Object.keys(found).length).toBe(6);
  });

  test("grey what they have, and say since when, while the edge is out of reach", async () => {
    const { page } = watched;
    await see("#/stations");
    const row = page.getByRole("row").filter({ hasText: "LIVE-1" });
    await row.waitFor();
    await browser.context.setOffline(true);
    try {
      await page.getByText(/Unreachable since \d\d:\d\d:\d\d/).waitFor();
      await page.getByText(/Not updated since \d\d:\d\d:\d\d/).waitFor();
      expect(await row.isVisible()).toBe(true);
      expect(await page.locator(".stale").count()).toBeGreaterThan(0);
    } finally {
      await browser.context.setOffline(false);
    }
    await page.getByRole("button", { name: "Try now" }).click();
    await page.getByText(/Unreachable since/).waitFor({ state: "detached" });
    expect(await page.locator(".stale").count()).toBe(0);
  });

  test("ask for nothing when nobody looks, nor for a page that was left", async () => {
    const hidden = await browser.open("about:blank");
    const { page } = hidden;
    await page.clock.install();
    await page.goto(`${url()}/#/stations`);
    await signIn(hidden, ALL);
    await page.getByRole("row").filter({ hasText: "LIVE-1" }).waitFor();
    const asked = () => hidden.requests.filter((request) => request.includes("/v1/stations?")).length;
    const before = asked();
    await page.clock.runFor(A_WHILE_MS);
    expect(asked()).toBeGreaterThan(before + 1);
    await page.evaluate("location.hash = '#/settings'");
    await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    const left = asked();
    await page.clock.runFor(A_WHILE_MS);
    expect(asked()).toBe(left);
    await page.evaluate("location.hash = '#/stations'");
    await page.getByRole("row").filter({ hasText: "LIVE-1" }).waitFor();
    await page.evaluate(
      "Object.defineProperty(document, 'hidden', { value: true }); document.dispatchEvent(new Event('visibilitychange'))",
    );
    const seen = asked();
    await page.clock.runFor(A_WHILE_MS);
    expect(asked()).toBe(seen);
    await page.close();
  });

  test("show a key of few scopes no more than it may do", async () => {
    const reader = await openConsole(browser, url(), READER, "#/stations");
    const { page } = reader;
    await page.getByRole("row").filter({ hasText: "LIVE-1" }).waitFor();
    const pages = await page.getByRole("navigation", { name: "Pages", exact: true }).getByRole("link").allInnerTexts();
    expect(pages.map((each) => each.trim())).toEqual(
      expect.arrayContaining(["Overview", "Stations", "Newcomers", "Settings"]),
    );
    expect(pages.join()).not.toMatch(/Campaigns|Webhooks|Audit/);
    expect(await page.getByRole("button", { name: "Register" }).count()).toBe(0);
    expect(await page.getByRole("checkbox").count()).toBe(0);
    await page.evaluate("location.hash = '#/campaigns'");
    await page.getByText("Your key may not see this").waitFor();
    await page.evaluate("location.hash = '#/'");
    await page.getByText("metrics:read").waitFor();
    expect(complaintsOf(reader)).toEqual([]);
    await page.close();
  });

  test("ask no other host for anything, and put the key into no address", () => {
    expect(watched.requests.length).toBeGreaterThan(20);
    expect(watched.abroad(url())).toEqual([]);
    expect(watched.requests.filter((request) => request.includes(ALL))).toEqual([]);
    expect(complaintsOf(watched).filter((each) => !each.includes("ERR_INTERNET_DISCONNECTED"))).toEqual([]);
  });
});
