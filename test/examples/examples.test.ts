import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare, Response } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/edge-client.ts";
import { Examples, ROOT, type Served } from "../support/examples.ts";
import { SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, STATUS_16 } from "../support/test-station.ts";

const HAS_PYTHON = spawnSync("python3", ["--version"]).status === 0;
/** A bound for a machine that is busy with others. */
const NPM_START_MS = 120_000;
const STAFF_KEY = "what people show";

const examples = new Examples();
/** Where each of the examples answers, by the beginning of the identity of the stations that are its own. */
const csmses = new Map<string, (path: string, body?: string, headers?: Record<string, string>) => Promise<Answered>>();
const served: Record<string, Served> = {};
let worker: Miniflare | undefined;
let kerbside: Kerbside;

interface Answered {
  status: number;
  text(): Promise<string>;
}

beforeAll(async () => {
  const [csmsNode, csmsWorker] = await Promise.all([
    examples.bundle("csms-node/csms.js"),
    examples.bundle("csms-worker/csms.ts", ["cloudflare:workers"]),
  ]);
  kerbside = await startKerbside(
    { CSMS_SECRET: SECRET },
    {
      serviceBindings: {
        CSMS: async (request) => {
          const body = await request.text();
          const kind = /^[a-z]+/.exec(JSON.parse(body).stationId)?.[0] ?? "";
          const answer = await csmses.get(kind)?.("/csms", body, Object.fromEntries(request.headers));
          return new Response(await answer?.text(), { status: answer?.status ?? 500 });
        },
      },
    },
  );
  const { httpUrl, apiKey } = kerbside.edge;
  const env = { KERBSIDE_URL: httpUrl, KERBSIDE_KEY: apiKey, SECRET };
  worker = new Miniflare(
    convertV4MiniflareOptions({
      name: "csms",
      modules: true,
      script: readFileSync(csmsWorker, "utf8"),
      compatibilityDate: "2026-11-17",
      durableObjects: { LEDGER: { className: "Ledger", useSQLite: true } },
      bindings: { KERBSIDE_KEY: apiKey, SECRET, STAFF_KEY, TAGS: "TAG-1,TAG-2" },
      serviceBindings: {
        KERBSIDE: async (request) => {
          const { pathname, search } = new URL(request.url);
          const { method, headers } = request;
          const response = await fetch(`${httpUrl}${pathname}${search}`, {
            method,
            headers: Object.fromEntries(headers),
            body: await request.text(),
          });
          return new Response(await response.text(), {
            status: response.status,
            headers: { "content-type": response.headers.get("content-type") ?? "" },
          });
        },
      },
    }),
  );
  const { dispatchFetch } = worker;
  csmses.set("worker", (path, body = "", headers = {}) =>
    dispatchFetch(`http://csms${path}`, {
      method: "POST",
      body,
      headers: { authorization: `Bearer ${STAFF_KEY}`, ...headers },
    }),
  );
  const programs = [["node", process.execPath, csmsNode]];
  if (HAS_PYTHON) programs.push(["python", "python3", join(ROOT, "examples/csms-python/csms.py")]);
  await Promise.all(
    programs.map(async ([kind = "", program = "", file = ""]) => {
      const running = await examples.serve(program, file, env);
      served[kind] = running;
      csmses.set(kind, (path, body = "", headers = {}) =>
        fetch(`${running.url}${path}`, { method: "POST", body, headers }),
      );
    }),
  );
});
afterAll(async () => {
  await Promise.all([examples.stop(), worker?.dispose()]);
  await kerbside?.stop();
});

describe("An example of a CSMS", () => {
  test.each(["node", "worker", ...(HAS_PYTHON ? ["python"] : [])])(
    "says who may charge, starts, stops and resets: csms-%s",
    async (kind) => {
      const id = `${kind}-1`;
      const csms = csmses.get(kind) ?? expect.fail();
      const station = await kerbside.station(id);
      const asked: unknown[] = [];
      station.answerCalls(([, , action, payload]) => {
        asked.push([action, payload]);
        return { status: "Accepted" };
      });
      const ask = async (what: string) => JSON.parse(await (await csms(`/stations/${id}/${what}`)).text());

      expect((await station.call("BootNotification", BOOT_16))[2]).toMatchObject({ status: "Accepted", interval: 300 });
      await station.call("StatusNotification", STATUS_16);
      expect((await station.call("Authorize", { idTag: "NOBODY" }))[2].idTagInfo.status).toBe("Invalid");
      expect((await station.call("Authorize", { idTag: "TAG-1" }))[2].idTagInfo.status).toBe("Accepted");

      expect(await ask("start")).toMatchObject({ state: "result", payload: { status: "Accepted" } });
      const start = { connectorId: 1, idTag: "TAG-1", meterStart: 100, timestamp: "2026-11-28T12:00:00Z" };
      const [, , started] = await station.call("StartTransaction", start);
      expect(started).toMatchObject({ idTagInfo: { status: "Accepted" }, transactionId: expect.any(Number) });
      const { transactionId } = started;
      expect(await ask("stop")).toMatchObject({ state: "result", payload: { status: "Accepted" } });
      const stop = { transactionId, meterStop: 1600, timestamp: "2026-11-28T13:00:00Z" };
      expect((await station.call("StopTransaction", stop))[0]).toBe(3);
      expect(await ask("reset")).toMatchObject({ state: "result", payload: { status: "Accepted" } });
      expect(asked).toEqual([
        ["RemoteStartTransaction", { idTag: "TAG-1", connectorId: 1 }],
        ["RemoteStopTransaction", { transactionId }],
        ["Reset", { type: "Soft" }],
      ]);
      // Signed by nobody.
      const forged = JSON.stringify({
        stationId: id,
        protocol: "ocpp1.6",
        messageId: "f",
        action: "Authorize",
        payload: {},
      });
      expect((await csms("/csms", forged)).status).toBe(401);
    },
  );

  test("hears of each event once, whatever it is written in", async () => {
    for (const [kind, { lines }] of Object.entries(served))
      await until(`${kind} to hear of the station`, () => lines.some((line) => line.includes(`${kind}-1`)));
    await until("what was charged", () => served.node?.lines.includes("node-1: TAG-1 charged 1500 Wh"));
    expect(served.node?.lines.filter((line) => line === "node-1: connected")).toHaveLength(1);
  });
});

test(
  "The first hour is one program of a newcomer's, and ends as the README says",
  async () => {
    const folder = temporaryFolder();
    try {
      const lines = readFileSync(join(ROOT, "examples/first-hour/first-hour.js"), "utf8").split("\n");
      expect(lines.filter((line) => !/^\s*(?:$|\/\/|\/?\*)/.test(line)).length).toBeLessThan(60);
      const env = { KERBSIDE_DIR: folder.dir, KERBSIDE_PORT: "0", KERBSIDE_TLS_PORT: "0", KERBSIDE_MTLS_PORT: "0" };
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [await examples.bundle("first-hour/first-hour.js")],
        {
          cwd: ROOT,
          env: { ...process.env, ...env },
        },
      );
      const said = stdout.split("\n").filter((line) => !line.startsWith("event"));
      expect(said).toEqual(["boot Accepted", "authorize Accepted", "reset Accepted", "heard result", ""]);
      expect(stdout).toContain("event CS001 ocpp.station.connected\n");
    } finally {
      folder.remove();
    }
  },
  NPM_START_MS,
);
