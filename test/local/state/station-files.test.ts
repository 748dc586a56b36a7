import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import { holdsStations, lookAt, setAside, stationFile } from "../../../src/local/state/station-files.ts";
import { temporaryFolder } from "../../support/edge-client.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function stationIn(): { dir: string; path: string } {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  const path = stationFile(folder.dir, "CS001");
  mkdirSync(dirname(path), { recursive: true });
  return { dir: folder.dir, path };
}

test("A whole database that workerd holds locked, or is making anew, is not taken for a damaged one", () => {
  const { dir, path } = stationIn();
  const held = new DatabaseSync(path);
  cleanups.push(() => held.close());
  held.exec("PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE facts (key); BEGIN EXCLUSIVE");
  expect(lookAt(path)).toBe("used");
  expect(setAside(dir, path, new Date())).toBe(false);
  expect(holdsStations(dir)).toBe(true);
  expect(lookAt(stationFile(dir, "CS002"))).toBe("used");
});

test("A database whose pages are overwritten is damaged, and is put out of workerd's way", () => {
  const { dir, path } = stationIn();
  writeFileSync(path, Buffer.alloc(8_192, 7));
  expect(lookAt(path)).toBe("damaged");
  expect(setAside(dir, path, new Date())).toBe(true);
});
