import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { ensureApiKey } from "../../src/local/state/api-key.ts";
import { startEdge } from "../../src/local/edge.ts";
import { openPki } from "../../src/local/pki/pki.ts";
import { descriptorAdvice } from "../../src/local/runtime/shard-count.ts";
import { damagedDatabase } from "../../src/local/state/damaged-database.ts";
import { folderFault } from "../../src/local/state/folder-fault.ts";
import { PARTS, stationFile } from "../../src/local/state/station-files.ts";
import { EndedAfterEach } from "../support/bare-edge.ts";
import { until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { LocalEdge } from "../support/local-edge.ts";
import { BOOT_16, STATUS_16, TestStation } from "../support/test-station.ts";

const ended = new EndedAfterEach();
const newFolder = () => ended.newFolder();

async function start(
  options: Parameters<typeof startKerbside>[1] = {},
): Promise<{ kerbside: Kerbside; lines: string[] }> {
  const lines: string[] = [];
  const kerbside = await startKerbside({}, { log: (line) => lines.push(line), ...options });
  ended.push(kerbside.stop);
  return { kerbside, lines };
}

describe("The API key", () => {
  test("in an empty file is made anew, and that is said", () => {
    const dir = newFolder();
    for (const text of ["", "\n"]) {
      writeFileSync(join(dir, "api-key"), text);
      const lines: string[] = [];
      const key = ensureApiKey(dir, (line) => lines.push(line));
      expect(key).toMatch(/^[\w-]{32}$/);
      expect(lines).toEqual([`${join(dir, "api-key")} was empty: it holds a new key now`]);
      expect(ensureApiKey(dir)).toBe(key);
    }
  });

  test("that cannot be read or is none names its file and the remedy", () => {
    const dir = newFolder();
    writeFileSync(join(dir, "api-key"), Buffer.from([0, 1, 2, 255]));
    expect(() => ensureApiKey(dir)).toThrow(/api-key does not hold an API key.*delete it to get a new one/);
    rmSync(join(dir, "api-key"));
    mkdirSync(join(dir, "api-key"));
    expect(() => ensureApiKey(dir)).toThrow(/api-key cannot be read \(EISDIR\).*remove it to get a new key/);
  });
});

describe("The PKI", () => {
  const CERTIFICATE_FILES = ["root.cert.pem", "station-ca.cert.pem", "other-ca.cert.pem"];
  const KEY_FILES = ["root.key.pem", "station-ca.key.pem", "other-ca.key.pem"];

  test.each([...CERTIFICATE_FILES, ...KEY_FILES])(
    "with %s damaged in any way says which file it is, the fault and the remedy",
    async (name) => {
      const dir = join(newFolder(), "pki");
      await openPki(dir);
      const path = join(dir, name);
      const whole = readFileSync(path, "utf8");
      const stranger = join(newFolder(), "pki");
      await openPki(stranger);
      const isCertificate = CERTIFICATE_FILES.includes(name);
      const key = isCertificate ? path.replace("cert", "key") : path;
      const faults: [string, () => void, string][] = [
        ["missing", () => rmSync(path), `${path} is missing`],
        ["empty", () => writeFileSync(path, ""), `${path} is empty`],
        [
          "garbage",
          () => writeFileSync(path, "garbage"),
          `${path} does not hold a ${isCertificate ? "certificate" : "private key"}`,
        ],
        ["cut off", () => writeFileSync(path, whole.slice(0, 80)), `${path} does not hold a`],
        ["another's", () => copyFileSync(join(stranger, name), path), `${key} is not the key of`],
        [
          "a folder",
          () => {
            rmSync(path);
            mkdirSync(path);
          },
          `${path} cannot be read (EISDIR)`,
        ],
      ];
      for (const [, damage, sentence] of faults) {
        rmSync(path, { recursive: true, force: true });
        writeFileSync(path, whole, { mode: 0o600 });
        damage();
        await expect(openPki(dir)).rejects.toThrow(sentence);
        await expect(openPki(dir)).rejects.toThrow(`bring it back from a copy, or delete the folder ${dir}`);
      }
    },
  );

  test("whose list of revoked certificates cannot be read is refused, a damaged server certificate made anew", async () => {
    const dir = join(newFolder(), "pki");
    await openPki(dir);
    writeFileSync(join(dir, "station-ca.revoked"), "4F00\n\u0000\u0001garbage\n");
    await expect(openPki(dir)).rejects.toThrow(
      /station-ca\.revoked has in line 2 what is no serial number; bring it back/,
    );
    rmSync(join(dir, "station-ca.revoked"));
    for (const text of ["", "garbage", readFileSync(join(dir, "server-ecdsa.pem"), "utf8").slice(0, 300)]) {
      writeFileSync(join(dir, "server-rsa.pem"), text);
      const lines: string[] = [];
      await openPki(dir, new Date(), (line) => lines.push(line));
      expect(lines).toEqual([expect.stringMatching(/server-rsa\.pem was damaged: it holds a new certificate/)]);
    }
  });

  test("and the API key are private: what others can read is made so, and that is said", async () => {
    const dir = newFolder();
    ensureApiKey(dir);
    await openPki(join(dir, "pki"));
    const secrets = [
      "api-key",
      "pki/root.key.pem",
      "pki/station-ca.key.pem",
      "pki/server-rsa.pem",
      "pki/stations/CS1.key.pem",
    ];
    writeFileSync(join(dir, "pki/stations/CS1.key.pem"), "key");
    for (const name of secrets) chmodSync(join(dir, name), 0o644);
    const lines: string[] = [];
    ensureApiKey(dir, (line) => lines.push(line));
    await openPki(join(dir, "pki"), new Date(), (line) => lines.push(line));
    for (const name of secrets) {
      expect((statSync(join(dir, name)).mode & 0o777).toString(8)).toBe("600");
      expect(
        lines.filter((line) => line.startsWith(`${join(dir, name)} could be read by others (mode 644)`)),
      ).toHaveLength(1);
    }
  });
});

test("A folder that cannot be made or written is named, with cause and remedy, before anything is tried", async () => {
  const dir = newFolder();
  writeFileSync(join(dir, "file"), "");
  await expect(startEdge({ dir: join(dir, "file") })).rejects.toThrow(
    /file is no folder; move what is there, or take another KERBSIDE_DIR/,
  );
  await expect(startEdge({ dir: join(dir, "file/under") })).rejects.toThrow(/is no folder; move what is there/);
  expect(folderFault("/d", Object.assign(new Error(), { code: "ENOSPC" }))).toBe(
    "No space is left on the disk of /d; free some, or take another KERBSIDE_DIR",
  );
  expect(folderFault("/d", Object.assign(new Error(), { code: "EACCES", path: "/d/x" }))).toBe(
    "This user may not write to /d/x; give the right to, or take another KERBSIDE_DIR",
  );
  // As a disk without room for as much.
  mkdirSync(join(dir, "probe.tmp"));
  await expect(startEdge({ dir })).rejects.toThrow(`The folder ${dir} cannot be written`);
});

test("A start that fails for a damaged database of the fleet names the file, the fault and the remedy", async () => {
  const dir = newFolder();
  const folder = join(dir, "state/d1/miniflare-D1DatabaseObject");
  mkdirSync(folder, { recursive: true });
  const remedies = {
    "metadata.sqlite": "or delete it: it is made anew",
    [`${"0".repeat(64)}.sqlite`]: "or delete it: the list of stations is made again from what each has",
  };
  for (const [name, remedy] of Object.entries(remedies)) {
    const path = join(folder, name);
    writeFileSync(path, "garbage".repeat(2_000));
    const sentence = `The database ${path} is damaged (file is not a database); bring it back from a copy, ${remedy}`;
    expect(damagedDatabase(dir)).toBe(sentence);
    if (name === "metadata.sqlite") await expect(startEdge({ dir, log: () => {} })).rejects.toThrow(sentence);
    rmSync(path);
  }
  expect(damagedDatabase(dir)).toBe(null);
});

test("With 256 files that may be open and a home that is none it starts, and says how many stations have room and how to get more", async () => {
  expect(descriptorAdvice(20_000, 2)).toBe(null);
  const limited = ["bash", "--norc", "-c", 'ulimit -n 256; exec "$@"', "limited"];
  const edge = new LocalEdge(newFolder(), { HOME: "/dev/null", KERBSIDE_WORKERDS: "1" }, limited);
  ended.push(() => edge.kill("SIGTERM"));
  expect([await edge.ready(), edge.errors]).toEqual([true, ""]);
  expect(edge.lines.filter((line) => /ERROR|dev\/null/.test(line))).toEqual([]);
  expect(edge.lines[0]).toBe(
    "Only 256 files may be open, which is room for 1 station; for 5000 raise the limit with `ulimit -n 25500` before the start",
  );
}, 120_000);

test("A station that finds no room is refused with 503, and the log says why, once a minute", async () => {
  const { kerbside, lines } = await start({ descriptorLimit: 256 });
  const first = await kerbside.station("ROOM");
  for (let attempt = 0; attempt < 3; attempt++) {
    const { status, headers } = await TestStation.refused({ url: `ws://localhost:${kerbside.edge.port}/ocpp/ROOM` });
    expect([status, headers["retry-after"]]).toEqual([503, "1"]);
  }
  expect(
    lines.filter((line) => /refused with 503: .* only 256 files may be open; raise the limit/.test(line)),
  ).toHaveLength(1);
  first.kill();
});

test("A full disk is 503 with what to do, never an acknowledgement, and health says so; with room again all goes on", async () => {
  const dir = newFolder();
  const { kerbside } = await start({ dir, entry: join(import.meta.dirname, "../support/limits-worker.js") });
  const station = await kerbside.station("FULL");
  await station.call("BootNotification", BOOT_16);
  await kerbside.api("GET", "/test/fault?of=disk&on=true");
  const refused = await kerbside.api("PUT", "/v1/stations/FULL", { securityProfile: 0, labels: { a: "b" } });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
  expect(refused.body.detail).toBe(
    "The disk of the database of the Charging Station FULL is full. Nothing was changed; free some space and try again.",
  );
  // Answered or not, it is not answered as kept: the station sends it again.
  station.send([2, "lost", "StatusNotification", STATUS_16]);
  station.send([2, "beat", "Heartbeat", {}]);
  let frame = await station.next();
  while (frame[1] !== "beat") {
    expect(frame[0]).toBe(4);
    frame = await station.next();
  }
  // The edge's own look at its folder, which here finds something in its way.
  mkdirSync(join(dir, "probe.tmp"));
  const health = await kerbside.api("GET", "/healthz");
  expect([health.status, health.body.detail]).toEqual([
    503,
    expect.stringContaining(`The folder ${dir} cannot be written`),
  ]);
  rmSync(join(dir, "probe.tmp"), { recursive: true });
  await kerbside.api("GET", "/test/fault?of=disk&on=false");
  expect((await kerbside.api("GET", "/healthz")).status).toBe(200);
  expect((await station.call("StatusNotification", STATUS_16))[0]).toBe(3);
  expect((await kerbside.api("PUT", "/v1/stations/FULL", { securityProfile: 0 })).status).toBe(200);
});

test("A state folder that is removed while the edge runs ends every acknowledgement, in one line of the log", async () => {
  const dir = newFolder();
  const { kerbside, lines } = await start({ dir, workerds: 2 });
  const station = await kerbside.station("GONE");
  await station.call("BootNotification", BOOT_16);
  rmSync(dir, { recursive: true, force: true });
  await station.closed;
  const sentence = /was removed while the local edge ran; stop it and start it again/;
  for (const path of ["/healthz", "/v1/stations/GONE"]) {
    const { status, headers, body } = await kerbside.api("GET", path);
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    expect(body.detail).toMatch(sentence);
  }
  const again = await TestStation.refused({ url: `ws://localhost:${kerbside.edge.port}/ocpp/GONE` });
  expect(again.status).toBe(503);
  expect(lines.filter((line) => sentence.test(line))).toHaveLength(1);
});

test("A station's damaged database is that station's 503, and DELETE and PUT repair it; what was deregistered leaves no file", async () => {
  const dir = newFolder();
  const ids = ["GARBAGE", "PAGES", "FACT", "WHOLE", "LEFT", "LOST"];
  const first = await startKerbside({}, { dir });
  for (const id of ids) await first.register(id);
  const lost = await first.station("LOST", { register: false });
  for (let count = 0; count < 5; count++) await lost.call("BootNotification", BOOT_16);
  await until("its row", async () => {
    const [row] = (await first.api("GET", "/v1/stations?q=LOST")).body.stations;
    return row.online && row.vendor === BOOT_16.chargePointVendor;
  });
  await first.api("DELETE", "/v1/stations/LEFT");
  await until(
    "it to be unlisted",
    async () => (await first.api("GET", "/v1/stations?q=LEFT")).body.stations.length === 0,
  );
  await first.edge.stop();
  for (const id of ["GARBAGE", "PAGES", "FACT"]) change(stationFile(dir, id), "PRAGMA wal_checkpoint(TRUNCATE)");
  expect(existsSync(stationFile(dir, "LEFT"))).toBe(true);
  for (const part of PARTS) rmSync(`${stationFile(dir, "LOST")}${part}`, { force: true });
  writeFileSync(stationFile(dir, "GARBAGE"), "garbage".repeat(2_000));
  const file = openSync(stationFile(dir, "PAGES"), "r+");
  writeSync(file, Buffer.alloc(8_192, 0xaa), 0, 8_192, 4_096);
  closeSync(file);
  change(stationFile(dir, "FACT"), "UPDATE facts SET value = '{no json' WHERE key = 'registration'");

  const { kerbside, lines } = await start({ dir });
  const files = () =>
    readdirSync(join(dir, "state/do/kerbside-ChargingStation")).filter((name) => /^[0-9a-f]{64}/.test(name));
  expect(existsSync(stationFile(dir, "LEFT"))).toBe(false);
  expect(new Set(files().map((name) => name.slice(0, 64))).size).toBe(4);
  // Without a DELETE: what its row says is of a registration that is gone.
  expect((await kerbside.api("PUT", "/v1/stations/LOST", { securityProfile: 0, labels: { is: "new" } })).status).toBe(
    201,
  );
  const listed = (await kerbside.api("GET", "/v1/stations?q=LOST")).body.stations;
  expect(listed).toMatchObject([{ labels: { is: "new" }, online: false, vendor: null }]);
  for (const id of ["GARBAGE", "PAGES", "FACT"]) {
    const damaged = await kerbside.api("GET", `/v1/stations/${id}`);
    expect([id, damaged.status, damaged.headers.get("retry-after")]).toEqual([id, 503, "30"]);
    expect(damaged.body.detail).toMatch(new RegExp(`The database of the Charging Station ${id} .*DELETE and PUT`));
    const url = `ws://localhost:${kerbside.edge.port}/ocpp/${id}`;
    expect((await TestStation.refused({ url })).status).toBe(503);
    expect([id, (await kerbside.api("DELETE", `/v1/stations/${id}`)).status]).toEqual([id, 204]);
    expect((await kerbside.api("GET", `/v1/stations?q=${id}`)).body.stations).toEqual([]);
    expect((await kerbside.api("GET", `/v1/stations/${id}`)).status).toBe(404);
    expect((await kerbside.api("PUT", `/v1/stations/${id}`, { securityProfile: 0 })).status).toBe(201);
    const station = await kerbside.station(id, { register: false });
    expect((await station.call("BootNotification", BOOT_16))[0]).toBe(3);
    expect((await kerbside.api("GET", "/v1/stations/WHOLE")).status).toBe(200);
  }
  expect(readdirSync(join(dir, "damaged")).filter((name) => name.endsWith(".sqlite"))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith("The database of GARBAGE could not be read"))).toHaveLength(1);
});

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}
