import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { startEdge } from "../../../src/local/edge.ts";
import { MIGRATIONS, SCHEMA, SCHEMA_VERSION } from "../../../src/station/storage/migrations.ts";
import { temporaryFolder } from "../../support/edge-client.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../../support/http-peers.ts";
import { startKerbside } from "../../support/kerbside.ts";
import { TestStation } from "../../support/test-station.ts";

const folder = join(import.meta.dirname, "schema-versions");
const versions = readdirSync(folder).map((name) => ({
  version: Number(/\d+/.exec(name)?.[0]),
  file: join(folder, name),
}));

test("there is a database of every earlier schema version", () => {
  expect(versions.map(({ version }) => version).sort()).toEqual(MIGRATIONS.map((_, index) => index + 1));
  expect(SCHEMA_VERSION).toBe(MIGRATIONS.length + 1);
});

/** A database of an earlier release after all the steps since, by any SQLite. */
function migrated({ version, file }: (typeof versions)[number], more = ""): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  database.exec(readFileSync(file, "utf8") + more);
  for (const step of MIGRATIONS.slice(version - 1)) database.exec(step);
  return database;
}
const tablesOf = (database: DatabaseSync) =>
  database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();

test.each(versions)("the steps from schema $version come to the schema of a new station", (version) => {
  const fresh = new DatabaseSync(":memory:");
  fresh.exec(SCHEMA);
  expect(tablesOf(migrated(version))).toEqual(tablesOf(fresh));
});

test("a connection with a certificate is kept as its event has it", () => {
  const [first] = versions.filter(({ version }) => version === 1);
  const connection = `{"id":"a-b","protocol":"ocpp2.0.1","securityProfile":3,"since":1795000000001,"remoteAddress":null,
    "certificate":{"fingerprint":"ab","notAfter":1895000000000}}`;
  const database = migrated(
    first as (typeof versions)[number],
    `UPDATE facts SET value = '${connection}' WHERE key = 'connection';`,
  );
  const row = database.prepare("SELECT value FROM facts WHERE key = 'delivery'").get();
  expect(JSON.parse(String(row?.value)).connection).toEqual({
    connectionId: "a-b",
    ...{ protocol: "ocpp2.0.1", securityProfile: 3, remoteAddress: null, since: "2026-11-18T11:06:40.001Z" },
    certificate: { fingerprint: "ab", notAfter: "2030-01-18T20:53:20.000Z" },
  });
});

test.each(versions)("a station of schema $version is woken by this release with all it had", async ({ file }) => {
  const { dir, remove } = temporaryFolder();
  const entry = join(import.meta.dirname, "../../support/schema-writer-worker.js");
  const writer = await startEdge({ dir, entry, env: { SCHEMA_SQL: readFileSync(file, "utf8") } });
  expect(await (await fetch(writer.httpUrl)).text()).toBe("written");
  await writer.stop();

  const receiver = await HttpPeer.start();
  const kerbside = await startKerbside({}, { dir });
  try {
    await kerbside.api("PUT", "/v1/webhooks/new", { url: receiver.url, secret: SECRET });
    const { body } = await kerbside.api("GET", "/v1/stations/OLD1");
    expect(body).toMatchObject({ online: false, labels: { site: "old" }, boot: { vendor: "Old" } });
    expect(body.connectors).toMatchObject([{ status: "Available" }, { connectorId: 2, status: "Charging" }]);
    const done = await kerbside.api("GET", "/v1/stations/OLD1/commands/019ed600-0000-7000-8000-000000000001");
    expect(done.body).toMatchObject({ state: "result", payload: { status: "Accepted" } });

    const station = await TestStation.connect({ url: `ws://localhost:${kerbside.edge.port}/ocpp/OLD1` });
    const [, messageId, action] = await station.next();
    expect([messageId, action]).toEqual(["019ed600-0000-7000-8000-000000000002", "Reset"]);
    station.send([3, messageId, { status: "Accepted" }]);
    // The connection that the old release lost is over, and said so once.
    await until("the events", () => eventsOf(receiver).length >= 3);
    expect(eventsOf(receiver).map(({ type, sequence }) => [type, sequence])).toEqual([
      ["ocpp.station.disconnected", 4],
      ["ocpp.station.connected", 5],
      ["ocpp.command.completed", 6],
    ]);
    expect(eventsOf(receiver)[0].data).toMatchObject({ reason: "lost" });
    station.kill();
  } finally {
    await kerbside.stop();
    await receiver.stop();
    remove();
  }
});
