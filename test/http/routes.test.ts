import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Route } from "../../src/http/routes/route.ts";
import { VERSION } from "../../src/http/version.ts";
import { ROUTES } from "../../src/http/routes/table.ts";

test("The version that the Worker tells is the package's", () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
  expect(VERSION).toBe(version);
});

describe("The table of routes", () => {
  test("names each method of a path once, and says of each what it is in one line", () => {
    const entries = Object.entries(ROUTES);
    expect(new Set(entries.map(([, { method, path }]) => `${method} ${path}`)).size).toBe(entries.length);
    for (const [id, { path, summary }] of entries) {
      expect(id).toMatch(/^[a-z]+[A-Z][A-Za-z]+$/);
      expect(path).toMatch(/^(\/([a-z0-9.-]+|\{[a-zA-Z]+\}))+$/);
      expect(summary).toMatch(/^[A-Z][^\n]{5,100}[^.]$/);
    }
  });

  test("does not compile where a route says not what it touches, or not which station", () => {
    const read = { method: "GET", path: "/x", scope: null, summary: "" } as const;
    // @ts-expect-error no word of what it touches
    const silent: Route = read;
    const named = { ...read, part: "station" } as const;
    // @ts-expect-error a path without {id}
    const nameless: Route = named;
    expect([silent, nameless]).toHaveLength(2);
  });
});
