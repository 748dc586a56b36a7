import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { derived } from "../../../src/local/runtime/derived-text.ts";
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
