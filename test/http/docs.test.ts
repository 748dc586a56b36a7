import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser, HAS_BROWSER, type Watched } from "../support/browser.ts";
import { until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";

interface Page {
  client: typeof import("../../src/client/kerbside.ts");
  location: { origin: string };
}

describe.skipIf(!HAS_BROWSER)("The pages of /docs in a browser", () => {
  let kerbside: Kerbside;
  let browser: Browser;
  let docs: Watched;
  beforeAll(async () => {
    [kerbside, browser] = await Promise.all([startKerbside(), Browser.start()]);
    docs = await browser.open(`${kerbside.edge.httpUrl}/docs`);
  });
  afterAll(async () => {
    await Promise.all([browser?.stop(), kerbside?.stop()]);
  });

  test("ask an operation of this edge with its key, and no other host for anything", async () => {
    const { page } = docs;
    // As the description's example of a label has it.
    await kerbside.register("DOCS-1", { labels: { NAME: "north" } });
    await page.getByPlaceholder("Token").first().fill(kerbside.edge.apiKey);
    await page.getByRole("button", { name: "Test Request (get /v1/stations)" }).first().click();
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().includes("/v1/stations")),
      page.getByRole("button", { name: /^Send/ }).first().click(),
    ]);
    expect([answer.status(), new URL(answer.url()).origin]).toEqual([200, kerbside.edge.httpUrl]);
    await page.getByText("DOCS-1").first().waitFor();
    expect(docs.abroad(kerbside.edge.httpUrl)).toEqual([]);
  });

  test("are drawn dark or light, as who looks at them has it", async () => {
    const { page } = docs;
    const background = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    for (const [colorScheme, colour] of [
      ["dark", "rgb(15, 15, 15)"],
      ["light", "rgb(255, 255, 255)"],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await until(`a page that is ${colorScheme}`, async () => (await background()) === colour);
    }
  });

  test("do nothing that their policy forbids", async () => {
    const { headers } = await kerbside.api("GET", "/docs");
    expect(headers.get("content-security-policy")).toContain("script-src 'self'; style-src 'self';");
    expect(docs.requests.length).toBeGreaterThan(5);
    expect(docs.complaints).toEqual([]);
    // What is looked at is seen: a script that is not to be is one that is complained of.
    await docs.page.evaluate(`document.body.append(Object.assign(document.createElement("script"), { text: "1" }))`);
    await until("the complaint", () => docs.complaints.join().includes("forbidden: script-src-elem inline"));
  });

  test("let the package's client ask under that policy, see a station live and answer it, with the page's origin", async () => {
    const { outputFiles } = await build({
      ...{ entryPoints: [join(import.meta.dirname, "../../src/client/kerbside.ts")], write: false },
      ...{ bundle: true, format: "iife", globalName: "client", target: "es2022" },
    });
    const watched = await browser.open(`${kerbside.edge.httpUrl}/docs`);
    await watched.page.route("**/client-of-a-page.js", (route) =>
      route.fulfill({ contentType: "text/javascript", body: outputFiles?.[0]?.text ?? "" }),
    );
    await watched.page.addScriptTag({ url: "/client-of-a-page.js" });
    const station = await kerbside.station("PAGE-1", {}, { securityProfile: 0, csms: "link" });
    station.answerCalls(([, , action]) => (action === "Reset" ? { status: "Accepted" } : undefined));
    // What follows runs in the page.
    const inPage = async (key: string) => {
      const { client, location } = globalThis as unknown as Page;
      const [{ Kerbside }, { origin }] = [client, location];
      const own = new Kerbside({ url: origin, key }).station("PAGE-1");
      const link = own.link({
        onCall: () => ({ status: "Accepted", currentTime: new Date().toISOString(), interval: 300 }),
      });
      const reset = await own.command("ocpp1.6", "Reset", { type: "Soft" }, { expiresInSeconds: 60 });
      for await (const message of own.live({ after: 0 }))
        if ("frame" in message && message.frame[2] === "Heartbeat") break;
      link.close();
      const { messages } = await own.messagesPage({ action: "BootNotification" });
      const refused = await new Kerbside({ url: origin, key: "none" }).summary().catch((error) => error.slug);
      return [reset.state, messages[0]?.answeredBy, refused];
    };
    const seen = watched.page.evaluate(inPage, kerbside.edge.apiKey);
    const view = () => kerbside.api("GET", "/v1/stations/PAGE-1");
    await until("the link", async () => (await view()).body.csms.since !== null);
    await station.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
    const beat = setInterval(() => station.send([2, crypto.randomUUID(), "Heartbeat", {}]), 200);
    expect(await seen.finally(() => clearInterval(beat))).toEqual(["result", "csms", "unauthorized"]);
    expect(watched.complaints.filter((each) => !each.includes("401"))).toEqual([]);
  });
});
