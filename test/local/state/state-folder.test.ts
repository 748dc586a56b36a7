import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type Edge, startEdge } from "../../../src/local/edge.ts";
import { openPki } from "../../../src/local/pki/pki.ts";
import { shardOf } from "../../../src/local/runtime/shards.ts";
import { checkFormat } from "../../../src/local/state/folder-format.ts";
import { stationFile } from "../../../src/local/state/station-files.ts";
import { EndedAfterEach } from "../../support/bare-edge.ts";
import { until } from "../../support/http-peers.ts";

/** For tests that start processes one after the other, on a machine that has other things to do. */
const SLOW_MS = 120_000;
const ended = new EndedAfterEach();
const newFolder = () => ended.newFolder();

const startProcess = (dir: string, env?: Record<string, string>) => ended.startProcess(dir, env);

const log: string[] = [];
function start(dir: string, workerds?: number): Promise<Edge> {
  log.splice(0);
  return ended.startEdge({ dir, workerds, log: (line) => log.push(line) });
}

async function api(
  edge: Edge,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: string }> {
  const response = await fetch(`${edge.httpUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${edge.apiKey}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.text() };
}

test(
  "A second starter is told the process and the folder in one sentence, by whatever name it has, and ends no workerd",
  async () => {
    const dir = newFolder();
    const first = startProcess(dir);
    expect(await first.ready()).toBe(true);
    const link = join(newFolder(), "link");
    symlinkSync(dir, link);
    const second = startProcess(link);
    expect(await second.ended()).toBe(1);
    expect(second.errors).toBe(
      `Another local edge (process ${first.child.pid}) is running on ${dir}; stop it, or take another KERBSIDE_DIR\n`,
    );
    expect((await fetch(`${first.httpUrl}/healthz`)).status).toBe(200);
    // What holds the lock is the process: no file that it leaves behind.
    await first.kill();
    const third = startProcess(dir);
    expect(await third.ready()).toBe(true);
  },
  SLOW_MS,
);

test(
  "Of those that start at once, one has the folder, in each of twenty races",
  async () => {
    const script = join(import.meta.dirname, "../../support/try-lock.ts");
    for (let race = 0; race < 20; race++) {
      const dir = newFolder();
      const at = Date.now() + 250;
      const starters = Array.from({ length: 3 }, () => spawn(process.execPath, [script, dir, String(at)]));
      const said = await Promise.all(
        starters.map(async ({ stdout }) => String((await once(createInterface(stdout), "line"))[0])),
      );
      const winner = starters[said.indexOf("locked")];
      expect(said.filter((line) => line === "locked")).toHaveLength(1);
      for (const line of said)
        if (line !== "locked") expect(line).toContain(`(process ${winner?.pid}) is running on ${dir}`);
      for (const starter of starters) starter.kill("SIGKILL");
    }
  },
  SLOW_MS,
);

test("Within one process, too, a folder has one edge, and is free again after it, with every station that its directory lost", async () => {
  const dir = newFolder();
  const edge = await startEdge({ dir, log: () => {} });
  for (const [id, certificate] of [
    ["UNLISTED", {}],
    ["UNNAMED", { commonName: "another" }],
    ["ENDED", {}],
  ] as const) {
    const registration = { securityProfile: 0, certificate, labels: { of: id } };
    expect((await api(edge, "PUT", `/v1/stations/${id}`, registration)).status).toBe(201);
  }
  expect((await api(edge, "DELETE", "/v1/stations/ENDED")).status).toBe(204);
  await expect(startEdge({ dir })).rejects.toThrow(`Another local edge (process ${process.pid}) is running on ${dir}`);
  // A copy of it, as a backup is taken, is another folder, though it says which workerd runs.
  const copy = newFolder();
  cpSync(dir, copy, { recursive: true });
  const pids = edge.workerdPids();
  await (await startEdge({ dir: copy, log: () => {} })).stop();
  expect(edge.workerdPids()).toEqual(pids);
  await edge.stop();
  // As an older release that was stopped right after a registration leaves its directory, or a loss of that database.
  const directory = join(dir, "state/d1/miniflare-D1DatabaseObject");
  for (const name of readdirSync(directory)) if (/^[0-9a-f]{64}\.sqlite/.test(name)) rmSync(join(directory, name));
  const again = await start(dir);
  expect((await api(again, "GET", "/v1/stations/UNLISTED")).status).toBe(200);
  const { stations } = JSON.parse((await api(again, "GET", "/v1/stations")).body);
  expect(stations).toMatchObject([{ stationId: "UNLISTED", labels: { of: "UNLISTED" }, online: false }]);
  expect(log.filter((line) => line.startsWith("The list of stations"))).toEqual([
    "The list of stations lacked 1 that are registered: they are in it again",
    "The list of stations lacks 1 that are registered, and their names cannot be told: PUT them again",
  ]);
});

test(
  "A first start that was killed at any moment is followed by one with any number of workerd processes",
  async () => {
    const dir = newFolder();
    const stages: [string, () => boolean][] = [
      ["a PKI, made or half made", () => readdirSync(dir).some((name) => /^pki(?:\..*\.tmp)?$/.test(name))],
      ["the key", () => existsSync(join(dir, "api-key"))],
      ["a part of the state", () => existsSync(join(dir, "state"))],
      ["databases", () => existsSync(join(dir, "workerd-2/state/d1/miniflare-D1DatabaseObject"))],
    ];
    for (const [what, isReached] of stages) {
      const killed = startProcess(dir, { KERBSIDE_WORKERDS: "2" });
      await until(what, isReached, SLOW_MS);
      await killed.kill();
    }
    const unused = startProcess(dir, { KERBSIDE_WORKERDS: "2" });
    expect(await unused.ready()).toBe(true);
    await unused.kill();
    const next = startProcess(dir, { KERBSIDE_WORKERDS: "1" });
    expect([await next.ready(), next.errors]).toEqual([true, ""]);
    expect(readdirSync(dir).filter((name) => /\.tmp$|^workerd-/.test(name))).toEqual([]);
  },
  SLOW_MS,
);

test("Drafts with private keys that a killed process left in the PKI are removed", async () => {
  const dir = join(newFolder(), "pki");
  await openPki(dir);
  mkdirSync(`${dir}.0123456789ab.tmp`);
  writeFileSync(join(`${dir}.0123456789ab.tmp`, "root.key.pem"), "secret");
  writeFileSync(join(dir, "server-rsa.pem.0123456789ab.tmp"), "secret");
  writeFileSync(join(dir, "stations/CS1.key.pem.0123456789ab.tmp"), "secret");
  await openPki(dir);
  expect(readdirSync(join(dir, ".."), { recursive: true }).filter((name) => String(name).endsWith(".tmp"))).toEqual([]);
});

test(
  "A number of workerd processes that is lost or wrong is found again, and no station with it lost",
  async () => {
    const dir = newFolder();
    const ids = ["LOST-1", "LOST-2", "LOST-3", "LOST-4"];
    expect(new Set(ids.map((id) => shardOf(id, 2))).size).toBe(2);
    const first = await start(dir, 2);
    for (const id of ids)
      expect((await api(first, "PUT", `/v1/stations/${id}`, { securityProfile: 0 })).status).toBe(201);
    await until("the directory to know all", async () => {
      const { body } = await api(first, "GET", "/v1/stations?q=LOST");
      return JSON.parse(body).stations.length === ids.length;
    });
    await first.stop();
    for (const written of [null, "1\n", "3\n", "two\n", ""]) {
      if (written === null) rmSync(join(dir, "workerds"));
      else writeFileSync(join(dir, "workerds"), written);
      const edge = await startEdge({ dir, log: (line) => log.push(line) });
      for (const id of ids)
        expect([written, (await api(edge, "GET", `/v1/stations/${id}`)).status]).toEqual([written, 200]);
      expect(log.filter((line) => line.includes("it says 2 now"))).toHaveLength(1);
      expect(readFileSync(join(dir, "workerds"), "utf8")).toBe("2\n");
      await edge.stop();
      log.splice(0);
    }
    rmSync(join(dir, "workerd-2"), { recursive: true });
    await expect(startEdge({ dir })).rejects.toThrow(/bring back the folders workerd-2/);
  },
  SLOW_MS,
);

test("A folder that a newer release used is refused in words, and one without a version taken", async () => {
  const dir = newFolder();
  checkFormat(dir);
  writeFileSync(join(dir, "format.json"), '{"format":2,"stationSchema":1}');
  await expect(startEdge({ dir })).rejects.toThrow(
    `The folder ${dir} was used by a newer release of Kerbside (format 2 where this one knows 1)`,
  );
  writeFileSync(join(dir, "format.json"), '{"format":1,"stationSchema":1000}');
  await expect(startEdge({ dir })).rejects.toThrow(/newer release of Kerbside \(stationSchema 1000 where/);
  writeFileSync(join(dir, "format.json"), "");
  await expect(startEdge({ dir })).rejects.toThrow(/format\.json does not tell which release wrote this folder/);
});

test("A directory that a newer release migrated is refused in words, a station that one did in a 503 of its own", async () => {
  const dir = newFolder();
  const first = await startEdge({ dir, log: () => {} });
  for (const id of ["NEWER", "OTHER"]) await api(first, "PUT", `/v1/stations/${id}`, { securityProfile: 0 });
  await first.stop();
  change(stationFile(dir, "NEWER"), "UPDATE facts SET value = '1000' WHERE key = 'schema'");
  const edge = await startEdge({ dir, log: (line) => log.push(line) });
  const refused = await api(edge, "GET", "/v1/stations/NEWER");
  expect(refused.status).toBe(503);
  expect(JSON.parse(refused.body).detail).toMatch(/NEWER .* newer release/);
  expect((await api(edge, "GET", "/v1/stations/OTHER")).status).toBe(200);
  expect(log.join("\n")).toMatch(/schema 1000/);
  await edge.stop();
  const [directory = ""] = readdirSync(join(dir, "state/d1/miniflare-D1DatabaseObject")).filter((name) =>
    /^[0-9a-f]{64}\.sqlite$/.test(name),
  );
  change(
    join(dir, "state/d1/miniflare-D1DatabaseObject", directory),
    "INSERT INTO d1_migrations (name) VALUES ('9999_of_tomorrow.sql')",
  );
  await expect(startEdge({ dir })).rejects.toThrow(/9999_of_tomorrow\.sql.*newer release/);
});

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}
