import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { derived } from "../../../src/local/runtime/derived-text.ts";
import { REPOSITORY } from "../../../src/local/state/local-folder.ts";
import { temporaryFolder } from "../../support/edge-client.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

test("A text is made anew where a file that went into it has changed, or has gone, and only there", async () => {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  const input = join(folder.dir, "input.js");
  writeFileSync(input, "one");
  let made = 0;
  const make = async () => ({ text: `made ${++made}`, inputs: [input] });
  const making = ["a test of the cache"];
  expect(await derived(making, make)).toBe("made 1");
  expect(await derived(making, make)).toBe("made 1");
  writeFileSync(input, "two");
  expect(await derived(making, make)).toBe("made 2");
  expect(await derived([...making, "otherwise"], make)).toBe("made 3");
  rmSync(input);
  expect(await derived(making, make)).toBe("made 4");
});

test("A file of another shape, or with another text than was kept, is made anew", async () => {
  let made = 0;
  const making = ["a test of damage", crypto.randomUUID()];
  const make = async () => ({ text: `made ${++made}`, inputs: [] });
  await derived(making, make);
  const folder = join(REPOSITORY, "node_modules/.cache/kerbside");
  const [file = ""] = readdirSync(folder).filter((name) =>
    readFileSync(join(folder, name), "utf8").includes('"made 1"'),
  );
  cleanups.push(() => rmSync(join(folder, file)));
  for (const damage of [
    "{}",
    "5",
    "[]",
    '{"inputs":[]}',
    '{"inputs":[],"text":"no"}',
    '{"inputs":{},"text":"a","digest":"b"}',
    "{",
  ]) {
    writeFileSync(join(folder, file), damage);
    expect(await derived(making, make)).toBe(`made ${made}`);
  }
  expect(made).toBe(8);
});
