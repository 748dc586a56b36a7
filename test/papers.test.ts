import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { configOf, SETTINGS } from "../src/config.ts";
import { LIMITS_PAPER, limits, limitsPaper } from "./support/limits-table.ts";
import { files } from "./support/source-files.ts";

const ROOT = resolve(import.meta.dirname, "..");
const LINES_MAX = 200;
const inDocs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".md"),
);
const papers = ["README.md", "SECURITY.md", "CONTRIBUTING.md", ...inDocs.map((name) => `docs/${name}`)];
const read = (paper: string) => readFileSync(join(ROOT, paper), "utf8");
const withoutCode = (text: string) => text.replace(/^```.*?^```$/gms, "").replace(/`[^`\n]*`/g, "");

/** As a reader's browser makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.replace(/^```.*?^```$/gms, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

describe("A paper", () => {
  test.each(papers.filter((paper) => !paper.includes("decisions/")))("has less than 200 lines: %s", (paper) => {
    expect(read(paper).split("\n").length).toBeLessThanOrEqual(LINES_MAX + 1);
  });

  test("names no other that is not there, nor a heading that it has not", () => {
    const broken = papers.flatMap((paper) =>
      [...withoutCode(read(paper)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
        if (/^[a-z]+:/.test(target)) return [];
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? join(ROOT, paper) : resolve(ROOT, dirname(paper), path);
        if (!existsSync(file)) return [`${paper}: ${target}`];
        const isThere = anchor === undefined || anchorsOf(readFileSync(file, "utf8")).includes(anchor);
        return isThere ? [] : [`${paper}: ${target}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  test("names no npm script that is not there, and no file of the code", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const wrong = papers.flatMap((paper) => {
      const text = read(paper);
      const named = [...text.matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name = ""]) => name);
      const paths = [...text.matchAll(/`((?:src|test|docs)\/[\w./*-]+?(?:\/|\.(?:ts|js|md|svg|json)))`/g)].map(
        ([, path = ""]) => path,
      );
      return [
        ...named.filter((name) => scripts[name] === undefined).map((name) => `${paper}: npm run ${name}`),
        ...paths
          .filter((path) => !path.includes("*") && !existsSync(join(ROOT, path)))
          .filter(() => !paper.includes("decisions/"))
          .map((path) => `${paper}: ${path}`),
      ];
    });
    expect(wrong).toEqual([]);
  });
});

describe("The table of settings", () => {
  const [table = ""] = read("docs/configuration.md").split("## The local edge");
  const rows = new Map(
    [...table.matchAll(/^\| `([A-Z0-9_]+)`[^|]* \| ([^|]+) \| /gm)].map(([, name = "", usual = ""]) => [name, usual]),
  );

  test("has each setting that there is, and no other", () => {
    expect([...rows.keys()].sort()).toEqual([...SETTINGS].sort());
  });

  test("says what each is where it is not set, and between which bounds it may be", () => {
    const usual = configOf({}) as Record<string, unknown>;
    for (const [name, said] of rows) {
      const value = usual[name];
      if (typeof value === "boolean" || (typeof value === "string" && value !== ""))
        expect(said).toContain(`\`${value}\``);
      if (Array.isArray(value) && value.length > 0) expect(said).toContain(value.join(","));
      if (value === undefined) expect(said).toMatch(/^none/);
      if (typeof value !== "number") continue;
      const [, first = "", least = "", most = ""] = /^([\d,]+) \w+ \(([\d,]+) to ([\d,]+)\)$/.exec(said.trim()) ?? [];
      const [standard, min, max] = [first, least, most].map((text) => Number(text.replaceAll(",", "")));
      expect([name, standard]).toEqual([name, value]);
      for (const fits of [min, max]) expect(configOf({ [name]: String(fits) })).toMatchObject({ [name]: fits });
      for (const odd of [(min ?? 0) - 1, (max ?? 0) + 1]) expect(() => configOf({ [name]: String(odd) })).toThrow(name);
    }
  });
});

describe("The tables of limits", () => {
  test("in the code are the code's: `npm run papers`", () => {
    expect(read(LIMITS_PAPER)).toBe(limitsPaper());
    expect(limits().filter(({ meaning }) => meaning === "")).toEqual([]);
    expect(limits().length).toBeGreaterThan(60);
  });

  test("name constants where they are", () => {
    const rows = [...read("docs/limits.md").matchAll(/\| ([^|]*`[A-Z][A-Z_0-9]+`[^|]*\([\w/.-]+\.ts\)[^|]*) \|/g)];
    expect(rows.length).toBeGreaterThan(10);
    const missing = rows.flatMap(([, cell = ""]) =>
      [...cell.matchAll(/((?:`[A-Z][A-Z_0-9]+`(?:, )?)+)[^(`]*\(([\w/.-]+\.ts)\)/g)].flatMap(
        ([, names = "", path = ""]) => {
          const text = files.find(({ file }) => file === path)?.text ?? "";
          return [...names.matchAll(/`([A-Z_0-9]+)`/g)].flatMap(([, name = ""]) =>
            new RegExp(`\\b${name}\\b`).test(text) ? [] : [`${name} in ${path}`],
          );
        },
      ),
    );
    expect(missing).toEqual([]);
  });

  test("say of each bound that users meet what it is in the code", () => {
    const paper = read("docs/limits.md");
    const constantOf = (name: string, file: string) => {
      const found = limits().find((limit) => limit.name === name && limit.file === file);
      if (found === undefined) throw new Error(`no ${name} in ${file}`);
      return found.value.split("*").reduce((product, factor) => product * Number(factor.trim().replaceAll("_", "")), 1);
    };
    const rowOf = (start: string) => paper.split("\n").find((line) => line.startsWith(`| ${start}`)) ?? "";
    const english = (value: number) => value.toLocaleString("en");
    for (const [row, name, file, unit] of MET_BY_USERS) {
      const shown = english(constantOf(name, file) / unit);
      expect(`${row}: ${rowOf(row)}`).toMatch(new RegExp(`(?<![\\d,])${shown.replaceAll(",", ",")}(?![\\d,]*\\d)`));
    }
  });
});

/** The row of the paper, the constant, its file, and what one of the paper's units is in the constant's. */
const MET_BY_USERS: readonly [string, string, string, number][] = [
  ["identity", "IDENTITY_MAX_LENGTH", "ocpp/identity.ts", 1],
  ["OCPP frame", "FRAME_MAX_LENGTH", "ocpp/message.ts", 1],
  ["frames on a socket after its close", "FRAMES_MAX", "station/connection/stray-frames.ts", 1],
  ["filters by label", "LABEL_FILTERS_MAX", "http/stations.ts", 1],
  ["messageId", "MESSAGE_ID_MAX_LENGTH", "ocpp/message.ts", 1],
  ["errorDescription", "ERROR_DESCRIPTION_MAX_LENGTH", "ocpp/message.ts", 1],
  ["a station's CALLs behind", "INBOX_MAX", "ocpp/session.ts", 1],
  ["repeated CALL recognised", "REPEATED_WITHIN_MS", "ocpp/repetition.ts", 1_000],
  ["connectors remembered", "CONNECTORS_MAX", "ocpp/station-status.ts", 1],
  ["heartbeat interval reckoned with", "INTERVAL_MAX_SECONDS", "ocpp/heartbeat-interval.ts", 1],
  ["transaction messages among which", "CALLS_MAX", "station/storage/repetitions.ts", 1],
  ["transaction messages among which", "WITHIN_EVENTS", "station/storage/repetitions.ts", 1],
  ["CSMS: time and answer", "ANSWER_MAX_LENGTH", "station/connection/csms.ts", 1],
  ["delivery |", "BATCH_MAX_EVENTS", "delivery/outbox.ts", 1],
  ["an event on the queue", "MESSAGE_MAX_BYTES", "station/delivery/queue-sink.ts", 1],
  ["retry", "GIVE_UP_AFTER_MS", "delivery/outbox.ts", 3_600_000],
  ["retry", "DEAD_LETTERS_MAX", "delivery/outbox.ts", 1],
  ["webhooks |", "WEBHOOKS_MAX", "webhooks/webhook-registry.ts", 1],
  ["request body", "BODY_MAX_BYTES", "http/body.ts", 1],
  ["faults named", "FAULTS_MAX", "http/body.ts", 1],
  ["commands waiting", "COMMAND_QUEUE_MAX", "station/command/command-store.ts", 1],
  ["commands waiting", "QUEUED_MAX_LENGTH", "station/command/command-store.ts", 1],
  ["commands kept", "COMMANDS_MAX", "station/command/command-store.ts", 1],
  ["registration |", "PASSWORD_MIN_BYTES", "security/password.ts", 1],
  ["registration |", "PASSWORD_MAX_BYTES", "security/password.ts", 1],
  ["page of commands: size", "PAGE_MAX_CHARACTERS", "station/command/commands.ts", 1],
  ["transitions for the directory", "ATTEMPTS_MAX", "fleet/consumer.ts", 1],
  ["one that the directory refuses", "REFUSED_MAX", "fleet/consumer.ts", 1],
  ["the directory: a registration", "DIRECTORY_WITHIN_MS", "station/registration/lifecycle.ts", 1_000],
  ["last events of a deregistered", "DELIVER_WITHIN_MS", "station/registration/farewell.ts", 1_000],
  ["a delivery that is not over", "SLOW_AFTER_MS", "station/object/agenda.ts", 1_000],
];
