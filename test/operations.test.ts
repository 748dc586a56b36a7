import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { FAMILIES } from "../src/fleet/metrics/families.ts";
import { files } from "./support/source-files.ts";

const ROOT = resolve(import.meta.dirname, "..");
const read = (paper: string) => readFileSync(join(ROOT, "docs", paper), "utf8");
const alerts = read("operations/alerts.yml");
const namesIn = (text: string) => [...new Set([...text.matchAll(/\bkerbside_[a-z_]+/g)].map(([name]) => name))].sort();
/** Every metric that the Worker shows. */
const metrics = namesIn(
  files.map(({ file, text }) => (file.startsWith("fleet/metrics/") || file.startsWith("http/") ? text : "")).join("\n"),
);
/** Prometheus adds them to a histogram's name. */
const plain = (name: string) => name.replace(/_(?:bucket|sum|count)$/, "");
const promtool = spawnSync("promtool", ["--version"]).error === undefined;

test("Every metric is in the paper, and none that there is not", () => {
  expect(metrics).toEqual(expect.arrayContaining(Object.values(FAMILIES).map(({ name }) => name)));
  expect(metrics.length).toBeGreaterThan(Object.keys(FAMILIES).length + 6);
  expect(namesIn(read("operations.md"))).toEqual(metrics);
});

test("Alerts and dashboard ask for metrics that there are, with labels that these have", () => {
  const dashboard = read("operations/grafana.json");
  expect(() => JSON.parse(dashboard)).not.toThrow();
  for (const text of [alerts, dashboard]) {
    const unknown = namesIn(text).filter((name) => !metrics.includes(name) && !metrics.includes(plain(name)));
    expect(unknown).toEqual([]);
  }
  const families = new Map<string, readonly string[]>(
    Object.values(FAMILIES).map(({ name, labels }) => [name, labels]),
  );
  const wrong = [alerts, dashboard].flatMap((text) =>
    [...text.matchAll(/\b(kerbside_[a-z_]+)\{([^}]*)\}/g)].flatMap(([, name = "", matchers = ""]) => {
      const labels = families.get(plain(name));
      const asked = [...matchers.matchAll(/([a-z_]+)(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label);
      return labels === undefined ? [] : asked.filter((label) => ![...labels, "le"].includes(label));
    }),
  );
  expect(wrong).toEqual([]);
});

test("Each alert leads to a section of the runbook that is about it, and each section is an alert's", () => {
  const names = [...alerts.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(8);
  for (const name of names)
    expect(alerts).toContain(
      `runbook_url: https://example.com/kerbside/docs/operations/runbook.md#${name.toLowerCase()}\n`,
    );
  const sections = [...read("operations/runbook.md").matchAll(/^## (.+)$/gm)].map(([, title = ""]) => title);
  expect(sections).toEqual(names);
});

test.skipIf(!promtool)("promtool takes the rules", () => {
  const { status, stdout, stderr } = spawnSync("promtool", [
    "check",
    "rules",
    join(ROOT, "docs/operations/alerts.yml"),
  ]);
  expect([status, `${stdout}${stderr}`]).toEqual([0, expect.stringContaining("SUCCESS")]);
});
