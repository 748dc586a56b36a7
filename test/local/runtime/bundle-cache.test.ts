import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { bundled } from "../../../src/local/runtime/bundle-cache.ts";
import { temporaryFolder } from "../../support/edge-client.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

test("A bundle is made anew where a file that went into it has changed, or has gone, and only there", async () => {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  const input = join(folder.dir, "input.js");
  writeFileSync(input, "one");
  let made = 0;
  const make = async () => ({ text: `bundle ${++made}`, inputs: [input] });
  const making = ["a test of the cache"];
  expect(await bundled(making, make)).toBe("bundle 1");
  expect(await bundled(making, make)).toBe("bundle 1");
  writeFileSync(input, "two");
  expect(await bundled(making, make)).toBe("bundle 2");
  expect(await bundled([...making, "otherwise"], make)).toBe("bundle 3");
  rmSync(input);
  expect(await bundled(making, make)).toBe("bundle 4");
});
