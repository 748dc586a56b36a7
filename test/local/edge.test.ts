import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { applyMigrations, type Database } from "../../src/local/runtime/directory-migrations.ts";
import type { Edge, EdgeOptions } from "../../src/local/edge.ts";
import { EndedAfterEach } from "../support/bare-edge.ts";
import { ask, connect } from "../support/edge-client.ts";
import { until } from "../support/http-peers.ts";

const ended = new EndedAfterEach();
const newFolder = () => ended.newFolder();

const start = (options?: Partial<EdgeOptions>) => ended.startBareEdge(options);

const variable = async (edge: Edge, name: string) => JSON.parse((await ask(`${edge.httpUrl}/env?name=${name}`)).text);

test("The Worker gets wrangler.toml's variables, the local ones, and those that were given", async () => {
  const edge = await start({ env: { VALIDATION: "strict", MTLS_HOSTS: "elsewhere" }, persist: false });
  expect(await variable(edge, "ALLOW_PROFILE_0")).toBe("true");
  expect(await variable(edge, "LOCAL")).toBe("true");
  expect(await variable(edge, "VALIDATION")).toBe("strict");
  expect(await variable(edge, "MTLS_HOSTS")).toBe(`localhost:${edge.mtlsPort}`);
  const keys = JSON.parse(await variable(edge, "API_KEYS"));
  expect(keys).toEqual([
    { name: "development", sha256: createHash("sha256").update(edge.apiKey).digest("hex"), scopes: expect.any(Array) },
  ]);
  const file = join(edge.pki.dir, "../api-key");
  expect([readFileSync(file, "utf8").trim(), statSync(file).mode & 0o777]).toEqual([edge.apiKey, 0o600]);
});

test("A second edge on the same folder is refused, and the first goes on", async () => {
  const dir = newFolder();
  const edge = await start({ dir });
  if (edge.workerdPid() === undefined) return;
  await expect(start({ dir })).rejects.toThrow(/Another local edge/);
  expect((await ask(`${edge.httpUrl}/healthz`)).status).toBe(200);
});

test("A port in use is told in one sentence", async () => {
  const taken = http.createServer();
  taken.listen(0, "127.0.0.1");
  await once(taken, "listening");
  ended.push(() => taken.close());
  const { port } = taken.address() as net.AddressInfo;
  await expect(start({ port })).rejects.toThrow(`Port ${port} is already in use`);
});

test("Stopping closes open sockets, frees the ports and ends workerd", async () => {
  const edge = await start();
  const pid = edge.workerdPid();
  const sockets = await Promise.all(Array.from({ length: 50 }, (_, i) => connect(`${edge.httpUrl}/ocpp/${i}`)));
  const closed = sockets.map(({ socket }) => {
    socket.on("error", () => {});
    return once(socket, "close");
  });
  await edge.stop();
  await Promise.all(closed);
  await expect(once(net.connect(edge.port, "127.0.0.1"), "connect")).rejects.toThrow(/ECONNREFUSED/);
  if (pid !== undefined) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});

test("A crashed workerd is started again, and until then the fronts ask for patience", async () => {
  const edge = await start();
  const pid = edge.workerdPid();
  if (pid === undefined) return;
  process.kill(pid, "SIGKILL");
  const statuses = new Set<number>();
  for (let last = 0; last !== 200 || edge.workerdPid() === pid; ) {
    const answer = await ask(`${edge.httpUrl}/healthz`);
    last = answer.status;
    statuses.add(last);
    if (last !== 200)
      expect(answer.headers).toMatchObject({ "retry-after": "1", "content-type": "application/problem+json" });
  }
  expect([...statuses].every((status) => [200, 502, 503].includes(status))).toBe(true);
});

test("What the Worker logs arrives line by line", async () => {
  const lines: string[] = [];
  const edge = await start({ log: (line) => lines.push(line), persist: false });
  await ask(`${edge.httpUrl}/log?line=${encodeURIComponent('{"a":1}')}`);
  await until("the line", () => lines.includes('{"a":1}'));
  // The edge's own advice is no line of the Worker's.
  expect(lines.filter((line) => line.startsWith("{"))).toEqual(['{"a":1}']);
  lines.splice(0);
  const none = ["no JSON", 'two\nlines of "it"', `{"long":"${"x".repeat(9_000)}"}`];
  for (const line of none) await ask(`${edge.httpUrl}/log?line=${encodeURIComponent(line)}`);
  await until("all of them", () => lines.length === none.length);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: "info", message: none[0] },
    { level: "info", message: none[1] },
    { level: "info", message: `${none[2]?.slice(0, 1_000)}…` },
  ]);
});

test("Migrations are applied once each, and one that fails leaves nothing behind", async () => {
  const edge = await start({ persist: false });
  const dir = join(newFolder(), "migrations");
  mkdirSync(dir);
  writeFileSync(join(dir, "0001_one.sql"), "CREATE TABLE one (id INTEGER); INSERT INTO one VALUES (1);");
  const database = (await edge.miniflare.getD1Database("DIRECTORY")) as unknown as Database;
  await applyMigrations(database, dir);
  await applyMigrations(database, dir);
  expect((await database.prepare("SELECT id FROM one").all()).results).toEqual([{ id: 1 }]);
  writeFileSync(join(dir, "0002_two.sql"), "CREATE TABLE two (id INTEGER); INSERT INTO missing VALUES (1);");
  await expect(applyMigrations(database, dir)).rejects.toThrow(/missing/);
  await expect(database.prepare("SELECT id FROM two").all()).rejects.toThrow(/no such table/);
  writeFileSync(join(dir, "0002_two.sql"), "CREATE TABLE two (id INTEGER);");
  await applyMigrations(database, dir);
  expect(
    (
      await database
        .prepare("SELECT name FROM d1_migrations WHERE name LIKE '000%_one.sql' OR name = '0002_two.sql' ORDER BY id")
        .all()
    ).results,
  ).toEqual([{ name: "0001_one.sql" }, { name: "0002_two.sql" }]);
});
