import { createHash } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCOPES } from "../../src/security/api-key.ts";
import { Browser, HAS_BROWSER, type Watched } from "../support/browser.ts";
import { axeFaults, complaintsOf, openConsole } from "../support/console-page.ts";
import { HttpPeer, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { TestStation } from "../support/test-station.ts";

/** What a station, a key's name or a backend may try. */
const EVIL = `<img src=x onerror="window.pwned=1">`;
/** Of letters that a header may have. */
const tokenOf = (name: string) => `token-of-${Buffer.from(name).toString("hex")}`;
const keyOf = (name: string, scopes: readonly string[]) => ({
  ...{ name, scopes, sha256: createHash("sha256").update(tokenOf(name)).digest("hex") },
});
const ALL = "operator";
const VIEWER = "viewer";

describe.skipIf(!HAS_BROWSER)("The console's pages of whoever runs a fleet", () => {
  let kerbside: Kerbside;
  let browser: Browser;
  let watched: Watched;
  let page: Page;
  const url = () => kerbside.edge.httpUrl;
  const api = (method: string, path: string, body?: unknown, key = ALL) =>
    kerbside.api(method, path, body, { authorization: `Bearer ${tokenOf(key)}` });
  const open = async (address: string) => {
    await page.goto(`${url()}/${address}`);
    await page.getByRole("main").waitFor();
  };
  const nothingWrong = async () => {
    expect(await axeFaults(watched, "light")).toEqual([]);
    expect(await axeFaults(watched, "dark")).toEqual([]);
    expect(await page.evaluate("window.pwned")).toBe(undefined);
    expect(await page.locator("main img").count()).toBe(0);
  };
  const register = (id: string, labels: Record<string, string>) =>
    api("PUT", `/v1/stations/${id}`, { securityProfile: 0, labels });
  const connect = (id: string) => TestStation.connect({ url: `ws://localhost:${kerbside.edge.port}/ocpp/${id}` });
  const stations: TestStation[] = [];
  let receiver: HttpPeer;

  beforeAll(async () => {
    const keys = [keyOf(ALL, SCOPES), keyOf(VIEWER, ["stations:read"]), keyOf(EVIL, ["stations:read"])];
    [kerbside, browser] = await Promise.all([startKerbside({ API_KEYS: JSON.stringify(keys) }), Browser.start()]);
    receiver = await HttpPeer.start();
    watched = await openConsole(browser, url(), tokenOf(ALL));
    ({ page } = watched);
    // Before the test itself is over, or it would not say what it waited for.
    page.setDefaultTimeout(15_000);
  });
  afterAll(async () => {
    for (const station of stations) station.kill();
    await Promise.all([browser?.stop(), kerbside?.stop(), receiver?.stop()]);
  });

  test("Before anything is there each says so, and what to do", async () => {
    await open("#/campaigns");
    await page.getByRole("heading", { name: "No campaign yet" }).waitFor();
    await open("#/audit");
    await page.getByRole("heading", { name: "Nobody did anything yet" }).waitFor();
    await open("#/settings/crls");
    await page.getByRole("heading", { name: "No list of a CA is known" }).waitFor();
    await open("#/settings/revocations");
    await page.getByRole("heading", { name: "No certificate is revoked here" }).waitFor();
  });

  test("A campaign is tried dry, made, paused, resumed, and told down to the answer of one station", async () => {
    const ids = ["CP-1", "CP-2", "CP-3"];
    for (const id of ids) await register(id, { site: EVIL });
    await register("OTHER-1", { site: "south" });
    const [first, second] = await Promise.all(["CP-1", "CP-2"].map(connect));
    if (first === undefined || second === undefined) throw new Error("two stations connect");
    stations.push(first, second);
    first.answerCalls(() => ({ status: "Accepted" }));
    second.answerCalls(([, messageId]) => {
      second.send([4, messageId, "GenericError", EVIL, {}]);
      return undefined;
    });
    await until("the directory", async () => {
      const { body } = await api("GET", "/v1/stations?online=true");
      return body.stations.length === 2;
    });

    await open("#/campaigns/new?q=CP-");
    await page.getByText("CP-3").waitFor();
    await page.getByLabel("Name", { exact: true }).fill(EVIL);
    await page.getByLabel("Action").fill("Reset");
    await page.getByRole("group", { name: "Payload of Reset" }).waitFor();
    await page.getByLabel("Waits for a station that is off").selectOption("3600");
    await nothingWrong();
    expect(await page.getByRole("button", { name: /^Start/ }).count()).toBe(0);
    await page.getByLabel("The same as JSON").fill(`{ "type": "Gentle" }`);
    await page.getByRole("button", { name: "Dry run" }).click();
    await page.getByText("The command is not valid in any version of OCPP.").waitFor();
    await page.getByRole("group", { name: "Payload of Reset" }).getByRole("combobox").selectOption("Soft");
    expect(JSON.parse(await page.getByLabel("The same as JSON").inputValue())).toEqual({ type: "Soft" });
    await page.getByRole("button", { name: "Dry run" }).click();
    await page.getByText("3 stations would get Reset").waitFor();
    expect((await api("GET", "/v1/campaigns")).body.campaigns).toEqual([]);
    await page.getByRole("button", { name: "Start for 3" }).click();

    await page.getByRole("heading", { level: 1, name: EVIL }).waitFor();
    const [campaign] = (await api("GET", "/v1/campaigns")).body.campaigns;
    const stateNow = async () => (await api("GET", `/v1/campaigns/${campaign.campaignId}`)).body.state;
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("paused", { exact: true }).waitFor();
    expect(await stateNow()).toBe("paused");
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("running", { exact: true }).waitFor();
    const third = await connect("CP-3");
    stations.push(third);
    third.answerCalls(() => ({ status: "Rejected" }));
    await until("its end", async () => (await stateNow()) === "complete");
    await page.getByText("complete", { exact: true }).waitFor();
    await page.getByRole("link", { name: /Error/ }).click();
    await page.getByRole("button", { name: `GenericError: ${EVIL}` }).click();
    await page.getByRole("dialog", { name: "CP-2" }).getByText(EVIL).first().waitFor();
    await nothingWrong();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await nothingWrong();

    await open("#/campaigns");
    await page.getByRole("link", { name: EVIL }).waitFor();
    await page.getByText("complete").waitFor();
    await nothingWrong();
  });

  test("A webhook is made, said to be stuck and why, replayed, changed, and deleted by its name", async () => {
    receiver.reply = () => ({ status: 503, text: EVIL });
    await open("#/webhooks");
    await page.getByRole("heading", { name: "No webhook yet" }).waitFor();
    await page.getByRole("button", { name: "New webhook" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("backend");
    const path = `events?q=${EVIL}`;
    await page.getByLabel("Where to").fill("http://192.168.0.1/");
    await page.getByRole("button", { name: "Make one" }).click();
    await nothingWrong();
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("dialog").locator(".fault").waitFor();
    await page.getByLabel("Where to").fill(receiver.url + path);
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const { body } = await api("GET", "/v1/webhooks/backend");
    expect([body.url, body.types]).toEqual([receiver.url + path, []]);

    await register("HOOK-1", {});
    const station = await connect("HOOK-1");
    stations.push(station);
    await until("what is stuck", async () => (await api("GET", "/v1/webhooks/backend/stuck")).body.stations.length > 0);
    await open("#/webhooks/backend");
    const stuck = page.getByRole("table", { name: "Stations that wait for it" });
    await stuck.getByRole("link", { name: "HOOK-1" }).waitFor();
    await stuck.getByText(/503/).first().waitFor();
    await nothingWrong();

    receiver.reply = () => ({ status: 204 });
    await page.getByRole("button", { name: "Replay…" }).click();
    await page.getByLabel(/^All that is kept/).check();
    await page.getByLabel("From (your time zone)").fill("2026-01-01T00:00");
    await nothingWrong();
    await page.getByRole("dialog").getByRole("button", { name: "Replay" }).click();
    await page.getByText("Replayed", { exact: true }).waitFor();
    const { replay } = (await api("GET", "/v1/webhooks/backend/replay")).body;
    expect(Date.parse(replay.since)).toBeLessThan(Date.UTC(2026, 0, 2));
    await page.getByText("Nothing: it took all that it was sent.").waitFor();
    await nothingWrong();

    await page.getByRole("button", { name: "Change…" }).click();
    await page
      .getByRole("dialog")
      .getByLabel(/ocpp\.call /)
      .uncheck();
    await page.getByRole("button", { name: "Make one" }).click();
    await page.getByRole("button", { name: "Change it" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect((await api("GET", "/v1/webhooks/backend")).body.types).toHaveLength(5);
    await open("#/webhooks");
    await page.getByRole("link", { name: "backend" }).waitFor();
    await nothingWrong();
    await page.getByRole("link", { name: "backend" }).click();
    await page.getByRole("button", { name: "Delete…" }).click();
    const confirm = page.getByRole("dialog").getByRole("button", { name: "Delete" });
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel("Type backend to confirm").fill("backend");
    await confirm.click();
    await page.getByRole("heading", { name: "No webhook yet" }).waitFor();
    expect((await api("GET", "/v1/webhooks")).body.webhooks).toEqual([]);
  });

  test("Problems are told by reason with their newest cases, each a way to its station", async () => {
    await open("#/problems");
    await page.getByText("Nobody knocked who is not registered.").waitFor();
    await api("PUT", "/v1/stations/LOCKED-1", { securityProfile: 1, password: "0123456789abcdef" });
    const door = `ws://localhost:${kerbside.edge.port}/ocpp`;
    await TestStation.refused({ url: `${door}/LOCKED-1`, user: "LOCKED-1", password: "no such password" });
    await TestStation.refused({ url: `${door}/STRANGER-1` });
    await register("BROKEN-1", {});
    const broken = await connect("BROKEN-1");
    stations.push(broken);
    broken.send(EVIL);
    const told = async () => (await api("GET", "/v1/problems")).body;
    await until("all three", async () => {
      const { refusals, newcomers, securityEvents } = await told();
      return refusals.length > 0 && newcomers.length > 0 && securityEvents.length > 0;
    });
    await page.reload();
    const refused = page.getByRole("region", { name: "Refused stations" });
    await refused.getByRole("heading", { name: "Wrong password" }).waitFor();
    await page
      .getByRole("region", { name: "Unknown to this fleet" })
      .getByRole("link", { name: "STRANGER-1" })
      .waitFor();
    await page.getByRole("table", { name: "Security events" }).getByRole("link", { name: "BROKEN-1" }).waitFor();
    await nothingWrong();
    // What is there stays, greyed, while the edge fails.
    await page.route("**/v1/problems*", (route) => route.abort());
    await page.getByText(/^Not updated since/).waitFor();
    await nothingWrong();
    expect(await refused.getByRole("link", { name: "LOCKED-1" }).count()).toBe(1);
    await page.unroute("**/v1/problems*");
    await page.getByRole("button", { name: "Try now" }).click();
    await page.getByText(/^Not updated since/).waitFor({ state: "detached" });
    await refused.getByRole("link", { name: "LOCKED-1" }).click();
    await page.getByRole("heading", { level: 1, name: "LOCKED-1" }).waitFor();
  });

  test("The audit says who did it, and is filtered by who, what, which station and when", async () => {
    await api("POST", "/v1/webhooks/any/replay", undefined, EVIL);
    await until(
      "the entry",
      async () => (await api("GET", `/v1/audit?actor=${encodeURIComponent(EVIL)}`)).body.entries.length > 0,
    );
    await open("#/audit");
    const rows = page.getByRole("table", { name: "Who did what" }).getByRole("row");
    await rows.filter({ hasText: "began a campaign of Reset" }).waitFor();
    await rows.filter({ hasText: "registered CP-1" }).waitFor();
    await nothingWrong();
    await page.getByRole("button", { name: EVIL }).click();
    await rows.filter({ hasText: "registered CP-1" }).waitFor({ state: "detached" });
    await rows.filter({ hasText: "it lacks webhooks:write" }).waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("Anything").selectOption("Campaigns");
    await rows.filter({ hasText: "registered CP-1" }).waitFor({ state: "detached" });
    await rows.filter({ hasText: "paused a campaign" }).waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("Station: whole id").fill("OTHER-1");
    await rows.filter({ hasText: "registered CP-1" }).waitFor({ state: "detached" });
    await rows.filter({ hasText: "registered OTHER-1" }).waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("Until").fill("2020-01-01T00:00");
    await page.getByRole("heading", { name: "Nobody did such a thing" }).waitFor();
  });

  test("Settings tell what the deployment runs with and who may do what, and no secret", async () => {
    await api("POST", "/v1/revocations", { fingerprint: "ab".repeat(32), reason: "keyCompromise" });
    await open("#/settings/deployment");
    await page.getByText("ALLOW_PROFILE_0").waitFor();
    await page.getByText("secret, set").first().waitFor();
    await nothingWrong();
    await page.getByRole("link", { name: "Keys", exact: true }).click();
    await page.getByRole("link", { name: EVIL }).waitFor();
    const hash = createHash("sha256").update(tokenOf(ALL)).digest("hex");
    expect(await page.content()).not.toContain(hash);
    await nothingWrong();
    await page.getByRole("link", { name: "Revoked certificates" }).click();
    await page.getByText("keyCompromise").waitFor();
    await nothingWrong();
    await page.getByRole("link", { name: "You" }).click();
    await page.getByText("Send a command to many").waitFor();
    await nothingWrong();
  });

  test("A key of few scopes is shown what it may see, and may press nothing else", async () => {
    const viewer = await openConsole(browser, url(), tokenOf(VIEWER));
    const titles = await viewer.page
      .getByRole("navigation", { name: "Pages", exact: true })
      .getByRole("link")
      .allTextContents();
    expect(titles.map((each) => each.trim())).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/Campaigns|Webhooks|Audit/)]),
    );
    for (const address of ["#/campaigns", "#/campaigns/new", "#/webhooks", "#/audit"]) {
      await viewer.page.goto(`${url()}/${address}`);
      await viewer.page.getByRole("heading", { name: "Your key may not see this" }).waitFor();
    }
    await viewer.page.goto(`${url()}/#/settings/revocations`);
    await viewer.page.getByRole("heading", { name: VIEWER }).waitFor();
    const tabs = await viewer.page.getByRole("navigation", { name: "Settings" }).getByRole("link").allTextContents();
    expect(tabs).toEqual(["You"]);
    expect(await axeFaults(viewer, "light")).toEqual([]);
    expect(
      viewer.requests.filter((each) => /campaigns|webhooks|audit|revocations|crls/.test(new URL(each).pathname)),
    ).toEqual([]);
    expect(complaintsOf(viewer)).toEqual([]);
    await viewer.page.close();
  });

  test("Nothing is asked of another host, and nothing done that the policy forbids", () => {
    expect(watched.abroad(url())).toEqual([]);
    // Of what the API refused, and of an edge that failed, which the page showed.
    const told = /status of 422|ERR_FAILED/;
    expect(complaintsOf(watched).filter((each) => !told.test(each))).toEqual([]);
  });
});
