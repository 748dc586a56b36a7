import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { Kerbside, type StationEntry, type StationFilter } from "../../../src/client/kerbside.ts";
import { CAST, ODD } from "../../../src/simulator/demo/cast.ts";

import { temporaryFolder } from "../../support/edge-client.ts";
import { until } from "../../support/http-peers.ts";

const SCRIPT = join(import.meta.dirname, "../../../src/simulator/cli/demo.ts");
const PORTS = { KERBSIDE_PORT: "0", KERBSIDE_TLS_PORT: "0", KERBSIDE_MTLS_PORT: "0" };
const STOPS_WITHIN_MS = 5_000;

async function listed(kerbside: Kerbside, filter: StationFilter): Promise<StationEntry[]> {
  const all: StationEntry[] = [];
  for await (const station of kerbside.stations(filter)) all.push(station);
  return all;
}

test("The demo is a fleet of 25 of all versions and profiles, seven of them in trouble, with webhooks and campaigns, and ends within 5 s", async () => {
  const folder = temporaryFolder();
  const env = { ...process.env, ...PORTS, KERBSIDE_DIR: folder.dir };
  const child = spawn(process.execPath, [SCRIPT], { stdio: ["ignore", "pipe", "pipe"], env });
  try {
    const lines: string[] = [];
    let errors = "";
    child.stderr.on("data", (text) => {
      errors += text;
    });
    createInterface(child.stdout).on("line", (line) => lines.push(line));
    const said = (name: string) =>
      lines.flatMap((line) => new RegExp(`^${name} +(\\S+)$`).exec(line)?.[1] ?? [])[0] ?? "";
    await until("address and key", () => said("Console") !== "" && said("API key") !== "");
    const kerbside = new Kerbside({ url: said("Console"), key: said("API key") });
    const stations = () => listed(kerbside, {});
    const regular = new Set(CAST.map(({ stationId }) => stationId));
    await until("the fleet", async () => {
      const inIt = (await stations()).filter(({ stationId, online }) => online && regular.has(stationId));
      return inIt.length === CAST.length;
    });
    const all = await stations();
    expect(all.length + 1).toBe(25);
    const connections = all.flatMap(({ connection }) => connection ?? []);
    expect([...new Set(connections.map(({ protocol }) => protocol))].sort()).toEqual([
      ...["ocpp1.6", "ocpp2.0.1", "ocpp2.1"],
    ]);
    expect([...new Set(connections.map(({ securityProfile }) => securityProfile))].sort()).toEqual([0, 1, 2, 3]);

    const reasonOf = async (stationId: string) =>
      (await kerbside.request<{ offlineReason?: string }>("GET", `/v1/stations/${stationId}`)).offlineReason ?? "";
    await until("the expired certificate", async () =>
      /certificate expired/.test(await reasonOf(ODD.expired.stationId)),
    );
    await until("the wrong password", async () => /password wrong/.test(await reasonOf(ODD.wrongPassword.stationId)));
    await until("the newcomer", async () => {
      const { newcomers } = await kerbside.request<{ newcomers: { stationId: string }[] }>("GET", "/v1/newcomers");
      return newcomers.some(({ stationId }) => stationId === ODD.newcomer.stationId);
    });
    await until("its commands", async () => (await kerbside.station(ODD.away.stationId).get()).queue.commands >= 3);
    await until("three campaigns, one of which runs", async () => {
      const { campaigns } = await kerbside.request<{ campaigns: { state: string }[] }>("GET", "/v1/campaigns");
      return campaigns.length === 3 && campaigns.some(({ state }) => state === "running");
    });
    await until("what the failing webhook lacks", async () => {
      const undelivered = await listed(kerbside, { undelivered: true });
      return undelivered.length > 0;
    });
    expect((await kerbside.webhooks()).map(({ name }) => name).sort()).toEqual(["backend", "billing"]);

    const asked = performance.now();
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    expect([code, errors]).toEqual([0, ""]);
    expect(performance.now() - asked).toBeLessThan(STOPS_WITHIN_MS);
  } finally {
    child.kill("SIGKILL");
    folder.remove();
  }
}, 90_000);
