import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Page, WebSocketRoute } from "playwright-core";
import { SCOPES } from "../../src/security/api-key.ts";
import { Browser, HAS_BROWSER, Watched } from "../support/browser.ts";
import { axeFaults, complaintsOf, openConsole, signIn } from "../support/console-page.ts";
import { until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, type TestStation } from "../support/test-station.ts";

const ID = "CS-014";
/** Shorter than a test may take, so that it says what it waited for. */
const WAIT_MS = 12_000;
/** As tail.css has it. */
const ROW_PX = 28;
/** If it were ever markup, the page would say so. */
const EVIL = `<img src=x onerror="document.title='pwned'"><b>x</b>`;

const KEY = "whole";
const keyed = (name: string, scopes: readonly string[]) => ({
  ...{ name, scopes },
  sha256: createHash("sha256").update(name).digest("hex"),
});
const KEYS = [
  keyed(KEY, SCOPES),
  keyed("reader", ["stations:read"]),
  keyed("watcher", ["stations:read", "messages:read"]),
];

describe.skipIf(!HAS_BROWSER)("The page of one station", () => {
  let kerbside: Kerbside;
  let browser: Browser;
  let watched: Watched;
  let page: Page;
  let station: TestStation;
  const url = () => kerbside.edge.httpUrl;
  const at = async (query = "", id = ID) => {
    await page.goto(`${url()}/#/stations/${encodeURIComponent(id)}${query}`);
  };
  const row = (text: string) => page.getByRole("option").filter({ hasText: text }).first();
  const tail = () => page.getByRole("region", { name: "Live tail" });

  beforeAll(async () => {
    [kerbside, browser] = await Promise.all([
      startKerbside({ API_KEYS: JSON.stringify(KEYS) }, {}, KEY),
      Browser.start(),
    ]);
    station = await kerbside.station(ID, {}, { labels: { site: EVIL } });
    station.answerCalls(([, , action, payload]) => {
      if (action === "DataTransfer") return { status: "Accepted", data: `${payload.data}!` };
      if (action === "Reset") return { status: "Accepted" };
      return undefined;
    });
    await station.call("BootNotification", {
      ...BOOT_16,
      chargePointVendor: "<b>Acme</b>",
      chargePointSerialNumber: "SN-7",
    });
    await station.call("StatusNotification", { connectorId: 1, status: "Charging", errorCode: "NoError" });
    await station.call("StartTransaction", {
      connectorId: 1,
      idTag: "<i>TAG</i>",
      meterStart: 0,
      timestamp: "2026-11-28T12:00:00Z",
    });
    station.send([2, "bad-1", "StatusNotification", { connectorId: "two", status: "Available", errorCode: "NoError" }]);
    await station.next();
    watched = await openConsole(browser, url(), KEY, `#/stations/${ID}`);
    ({ page } = watched);
    page.setDefaultTimeout(WAIT_MS);
  });
  afterAll(async () => {
    await Promise.all([browser?.stop(), kerbside?.stop()]);
  });

  test("shows what it is, how it is connected and proven, and what runs on its connectors", async () => {
    const { body } = await kerbside.api("GET", `/v1/stations/${ID}`);
    await page.getByRole("heading", { level: 1, name: ID }).waitFor();
    const connection = page.getByRole("region", { name: "Connection", exact: true });
    await connection.getByText("It proves nothing").waitFor();
    await connection.getByText(body.connection.remoteAddress).waitFor();
    await page.getByRole("region", { name: "What it is" }).getByText("SN-7").waitFor();
    const connectors = page.getByRole("region", { name: "Connectors" });
    await connectors.getByText("Charging").waitFor();
    await connectors.getByText(/^Transaction \d+$/).waitFor();
    await until("the title", async () => (await page.title()) === `${ID} · Kerbside`);
  });

  test("has a CALL and its answer on one row as they come, without a reload", async () => {
    await tail().getByText("Live", { exact: true }).waitFor();
    await station.call("StatusNotification", { connectorId: 2, status: "Available", errorCode: "NoError" }, "live-1");
    await page.getByLabel("Action or message id").fill("live-1");
    await row("StatusNotification")
      .getByText(/^\d+ ms$/)
      .waitFor();
    // And what it says of itself follows.
    await page.getByRole("region", { name: "Connectors" }).getByText("Available").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
  });

  test("opens a refused frame with the place at fault marked, and the clause named", async () => {
    await row("refused").click();
    const message = page.getByRole("region", { name: "The message" });
    await message.getByText("TypeConstraintViolation", { exact: true }).waitFor();
    await message.getByText("OCPP-J 1.6 §4.2.3").waitFor();
    await message.getByText("OCPP 1.6 §6.47").waitFor();
    expect(await message.locator(".json-line.fault").textContent()).toContain('"connectorId": "two"');
    await page.keyboard.press("Escape");
    await message.waitFor({ state: "detached" });
  });

  test("loses nothing while it is held, and says how much waits", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    for (let n = 0; n < 30; n++) await station.call("Heartbeat", {}, `held-${n}`);
    await page.getByRole("button", { name: "Resume: 60 wait" }).waitFor();
    expect(await page.getByText("held-").count()).toBe(0);
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByLabel("Action or message id").fill("held-");
    const rows = () => page.locator(".tail-room").evaluate((room, px) => room.clientHeight / px, ROW_PX);
    await until("all that waited, and no more", async () => (await rows()) === 30);
    await page.getByRole("button", { name: "Clear" }).click();
  });

  test("streams on through a hibernation of the station's object", async () => {
    await kerbside.edge.evict(ID);
    await station.call("StatusNotification", { connectorId: 3, status: "Available", errorCode: "NoError" }, "woken-1");
    await page.getByLabel("Action or message id").fill("woken-1");
    await row("StatusNotification")
      .getByText(/^\d+ ms$/)
      .waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
  });

  test("forms a command by its schema, sends it, and shows the station's answer", async () => {
    await at("?tab=commands");
    await page.getByLabel("Action", { exact: true }).selectOption("DataTransfer");
    await page.getByRole("button", { name: "Send DataTransfer" }).click();
    await page.getByText("is required").waitFor();
    await page.getByLabel("vendorId").fill("it's");
    const json = page.getByLabel("The same as JSON");
    expect(JSON.parse(await json.inputValue())).toEqual({ vendorId: "it's" });
    await json.fill('{\n  "vendorId": "it\'s",\n  "data": x\n}');
    await page.getByText('Line 3, column 11: "x" is no value').waitFor();
    await json.fill(JSON.stringify({ vendorId: "it's", data: EVIL }));
    expect(await page.getByLabel("data", { exact: true }).inputValue()).toBe(EVIL);
    expect(await page.getByLabel("The command as curl", { exact: true }).textContent()).toContain(
      `"vendorId":"it'\\''s"`,
    );
    await page.getByRole("button", { name: "Send DataTransfer" }).click();
    await page.getByLabel("The station's answer").getByText("Accepted").waitFor();
    await page.getByRole("region", { name: "Commands so far" }).getByText("DataTransfer").waitFor();
    // The next form of it begins with what was sent, less what may be a secret.
    await page.getByLabel("Action", { exact: true }).selectOption("Reset");
    await page.getByLabel("type").selectOption("Soft");
    await page.getByRole("button", { name: "Send Reset" }).click();
    await page.getByLabel("The station's answer").waitFor();
    await page.getByLabel("Action", { exact: true }).selectOption("DataTransfer");
    expect(await page.getByLabel("vendorId").inputValue()).toBe("it's");
    expect(await page.getByLabel("data", { exact: true }).inputValue()).toBe("");
  });

  test("shows limits before anything is sent, adds and removes parts, and sends times in UTC and numbers unchanged", async () => {
    await at("?tab=commands");
    const json = page.getByLabel("The same as JSON");
    const payload = async () => JSON.parse(await json.inputValue());
    await page.getByLabel("Action", { exact: true }).selectOption("ReserveNow");
    await page.getByLabel("idTag", { exact: true }).fill("x".repeat(21));
    await page.getByText("has 21 characters, 1 too many").waitFor();
    await page.getByLabel("expiryDate", { exact: true }).fill("2026-12-01T10:00:00");
    expect((await payload()).expiryDate).toMatch(/^2026-1[12]-\d\dT\d\d:\d\d:00Z$/);
    await page.getByLabel("reservationId").fill("9007199254740993");
    await page.getByText("no double holds it").waitFor();
    expect(await json.inputValue()).toContain('"reservationId": 9007199254740993');
    await page.getByLabel("Action", { exact: true }).selectOption("SetChargingProfile");
    await page.getByRole("button", { name: "Add to chargingSchedulePeriod" }).click();
    await page.getByLabel("limit").last().fill("16.1");
    const periods = async () => (await payload()).csChargingProfiles.chargingSchedule.chargingSchedulePeriod;
    expect(await periods()).toEqual([{}, { limit: 16.1 }]);
    await page.getByRole("button", { name: "Remove chargingSchedulePeriod 1" }).click();
    expect(await periods()).toEqual([{ limit: 16.1 }]);
    await page.getByRole("button", { name: "Send SetChargingProfile" }).click();
    await page.getByText(/\d+ places are not valid yet/).waitFor();
  });

  test("says at its field what the API refuses of a command", async () => {
    await page.getByLabel("Action", { exact: true }).selectOption("ChangeConfiguration");
    const refusal = {
      ...{ type: "/problems/invalid-request", title: "Invalid", status: 422, detail: "The request is not valid." },
      errors: [{ path: "/payload/value", message: "is not liked" }],
    };
    const place = `**/v1/stations/${ID}/commands`;
    await page.route(place, (route) =>
      route.request().method() === "POST"
        ? route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify(refusal) })
        : route.fallback(),
    );
    await page.getByLabel("key").fill("HeartbeatInterval");
    await page.getByLabel("value").fill("10");
    await page.getByRole("button", { name: "Send ChangeConfiguration" }).click();
    await page.getByText("is not liked", { exact: true }).waitFor();
    expect(await page.getByLabel("value").getAttribute("aria-invalid")).toBe("true");
    await page.unroute(place);
  });

  test("sends a command once, whose answer was lost on the way and which is sent again", async () => {
    await at("?tab=commands&action=Reset");
    const list = async () => (await kerbside.api("GET", `/v1/stations/${ID}/commands`)).body.commands.length;
    const before = await list();
    let posts = 0;
    const place = `**/v1/stations/${ID}/commands`;
    await page.route(place, async (route) => {
      if (route.request().method() !== "POST" || ++posts > 1) return route.fallback();
      await route.fetch();
      await route.abort();
    });
    await page.getByLabel("type").selectOption("Hard");
    await page.getByRole("button", { name: "Send Reset" }).click();
    await page.getByText("Sent again as it is, it is carried out once").waitFor();
    await page.getByRole("button", { name: "Send Reset" }).click();
    await page.getByLabel("The station's answer").waitFor();
    expect([posts, (await list()) - before]).toEqual([2, 1]);
    await page.unroute(place);
  });

  test("has a command wait for a station that is away, and calls it off", async () => {
    await kerbside.register("CS-AWAY");
    await at("?tab=commands&action=Reset", "CS-AWAY");
    await page.getByText("It is offline: this is refused").waitFor();
    await page.getByLabel("type").selectOption("Hard");
    await page.getByRole("button", { name: "Send Reset" }).click();
    await page.locator(".command-form .notice.bad").waitFor();
    await page.getByLabel("If it is offline").selectOption("3600");
    await page.getByRole("button", { name: "Send Reset" }).click();
    const history = page.getByRole("region", { name: "Commands so far" });
    await history.getByText("queued").waitFor();
    await history.getByRole("button", { name: "Cancel" }).click();
    await history.getByText("cancelled").waitFor();
  });

  test("does nothing that cannot be taken back unless the station is named", async () => {
    await at("", ID);
    await page.getByRole("button", { name: "Disconnect" }).click();
    const dialog = page.getByRole("dialog", { name: `Disconnect ${ID}` });
    await dialog.getByLabel("Type").fill("CS-015");
    expect(await dialog.getByRole("button", { name: "Disconnect" }).isDisabled()).toBe(true);
    await page.keyboard.press("Enter");
    expect((await kerbside.api("GET", `/v1/stations/${ID}`)).body.online).toBe(true);
    await dialog.getByLabel("Type").fill(ID);
    await page.keyboard.press("Enter");
    await station.closed;
    await page.getByText("Offline", { exact: true }).waitFor();
    await page.getByText("disconnected by an operator").first().waitFor();
    await at("?tab=connections");
    await page.getByRole("table").getByText("disconnected by an operator").waitFor();
  });

  test("changes a registration, and keeps what it does not show", async () => {
    await kerbside.register("CS-EDIT", {
      locationHint: "weur",
      validation: "lenient",
      csms: "standalone",
      labels: { a: "1" },
    });
    await at("", "CS-EDIT");
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Labels").fill("a=1\nsite=north");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("site=north").waitFor();
    const { body } = await kerbside.api("GET", "/v1/stations/CS-EDIT");
    expect(body).toMatchObject({
      ...{ locationHint: "weur", validation: "lenient", labels: { a: "1", site: "north" } },
      csms: { kind: "standalone", registered: "standalone" },
    });
  });

  test("raises a security profile in steps, each shown, and stops it", async () => {
    await at("?tab=security", "CS-EDIT");
    await page.getByRole("button", { name: "Raise to profile 1" }).click();
    await page.getByRole("dialog").getByLabel("Type").fill("CS-EDIT");
    await page.keyboard.press("Enter");
    const panel = page.getByRole("region", { name: "Security profile" });
    await panel.getByText("under way").waitFor();
    await panel.getByRole("button", { name: "Stop it" }).click();
    await panel.getByText("cancelled", { exact: true }).waitFor();
  });

  test("has nothing that axe-core finds, in either theme, on any of its parts", async () => {
    for (const query of ["", "?tab=commands&action=SetChargingProfile", "?tab=connections", "?tab=security"]) {
      await at(query);
      await page.getByRole("navigation", { name: `Parts of ${ID}` }).waitFor();
      if (query === "") await row("refused").click();
      if (query.includes("action")) await page.getByLabel("connectorId").waitFor();
      const faults = { light: await axeFaults(watched, "light"), dark: await axeFaults(watched, "dark") };
      expect([query, faults]).toEqual([query, { light: [], dark: [] }]);
    }
  });

  test("closes its socket when it is left, and says that a station was deregistered meanwhile", async () => {
    await kerbside.register("CS-GONE");
    const opened = page.waitForEvent("websocket");
    await at("", "CS-GONE");
    const socket = await opened;
    await tail().getByText("Live", { exact: true }).waitFor();
    await page.goto(`${url()}/#/settings`);
    await until("the socket's end", () => socket.isClosed());
    await at("", "CS-GONE");
    await tail().getByText("Live", { exact: true }).waitFor();
    await kerbside.api("DELETE", "/v1/stations/CS-GONE");
    await page.getByText("CS-GONE was deregistered").waitFor();
    await at("", "NOBODY");
    await page.getByText("NOBODY is not registered").waitFor();
  });

  test("says that its tail is interrupted, and is opened again behind the last message that came", async () => {
    const watching = await browser.context.newPage();
    watching.setDefaultTimeout(WAIT_MS);
    let lines = 0;
    const { promise: mayOpen, resolve: open } = Promise.withResolvers<void>();
    const afters: string[] = [];
    await watching.routeWebSocket(/\/live/, async (route) => {
      afters.push(new URL(route.url()).searchParams.get("after") ?? "");
      if (++lines > 1) await mayOpen;
      route.connectToServer();
      if (lines === 1) first = route;
    });
    let first: WebSocketRoute | null = null;
    await watching.goto(`${url()}/#/stations/CS-EDIT`);
    await signIn(new Watched(watching), KEY);
    await watching.getByText("Live", { exact: true }).waitFor();
    const other = await kerbside.station("CS-EDIT", { register: false });
    await watching.getByRole("option").filter({ hasText: "Connected" }).waitFor();
    const deregister = watching.getByRole("button", { name: "Deregister" });
    expect(await deregister.isEnabled()).toBe(true);
    await watching.route(/\/v1\/stations\/CS-EDIT$/, (route) => route.abort());
    await (first as WebSocketRoute | null)?.close({ code: 1013, reason: "too slow" });
    await watching.getByText("The tail is interrupted").waitFor();
    await watching.getByText("this page read too slowly").waitFor();
    // What stands beside the tail is as old as it, and says so.
    await watching.getByText("Unreachable since").waitFor();
    await watching.getByText("Not updated since").waitFor();
    expect(await deregister.isDisabled()).toBe(true);
    await watching.unroute(/\/v1\/stations\/CS-EDIT$/);
    await other.call("Heartbeat", {}, "meanwhile");
    open();
    await watching.getByText("The tail is interrupted").waitFor({ state: "detached" });
    await watching.getByText("Unreachable since").waitFor({ state: "detached" });
    await other.call("Heartbeat", {}, "afterwards");
    const rows = watching.getByRole("listbox", { name: "Messages" }).getByRole("option");
    for (const id of ["meanwhile", "afterwards"]) {
      await watching.getByLabel("Action or message id").fill(id);
      await until(id, async () => watching.url().includes(`q=${id}`) && (await rows.count()) === 1);
      await rows.click();
      await watching.getByRole("region", { name: "The message" }).getByText(id, { exact: true }).waitFor();
    }
    expect(afters).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+\./)]);
    await watching.close();
  });

  test("shows a key what its scopes allow, says what they lack, and masks what it may not read", async () => {
    const reading = await openConsole(browser, url(), "reader", `#/stations/${ID}`);
    await reading.page.getByText("Your key sees no more of it").waitFor();
    for (const name of ["Disconnect", "Deregister", "Edit"]) {
      const button = reading.page.getByRole("button", { name });
      expect([name, await button.isDisabled(), await button.getAttribute("title")]).toEqual([
        ...[name, true, "Your key lacks the scope stations:write"],
      ]);
    }
    await reading.page.getByText("your key lacks the scope messages:read").waitFor();
    expect(reading.requests.filter((request) => /live|messages|commands|connections/.test(request))).toEqual([]);
    await reading.page.close();
    const watcher = await openConsole(browser, url(), "watcher", `#/stations/${ID}`);
    watcher.page.setDefaultTimeout(WAIT_MS);
    await watcher.page.getByRole("option").filter({ hasText: "StartTransaction" }).click();
    await watcher.page.getByLabel("Payload").locator(".j-masked", { hasText: "•••" }).waitFor();
    expect(await watcher.page.content()).not.toContain("TAG");
    expect(await watcher.page.getByRole("link", { name: "Commands" }).count()).toBe(0);
    await watcher.page.close();
  });

  test("keeps whatever a station or a person wrote a text", async () => {
    await at();
    await page.getByText("<b>Acme</b>").first().waitFor();
    await page.getByText(`site=${EVIL}`).waitFor();
    await row("StartTransaction").click();
    await page.getByLabel("Payload").getByText("<i>TAG</i>").waitFor();
    await page.getByLabel("Action or message id").fill("DataTransfer");
    await row("DataTransfer").click();
    await page.getByLabel("Answer", { exact: true }).getByText("onerror").waitFor();
    await until("the title", async () => (await page.title()) === `${ID} · Kerbside`);
    expect(await page.locator("#page :is(img, b > b, i)").count()).toBe(0);
  });

  test("asks no other host for anything, and does nothing that its policy forbids", () => {
    expect(watched.abroad(url())).toEqual([]);
    expect(complaintsOf(watched).filter((each) => !/ 42[29]| 409|ERR_FAILED/.test(each))).toEqual([]);
  });
});
