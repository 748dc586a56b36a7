import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { configOf, SETTINGS } from "../src/config.ts";
import { constants, LIMITS_PAPER, limits, limitsPaper } from "./support/limits-table.ts";
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
  // A list that is drawn from the code is as long as the code makes it.
  test.each(papers.filter((paper) => !paper.includes("decisions/") && paper !== LIMITS_PAPER))(
    "has less than 200 lines: %s",
    (paper) => {
      expect(read(paper).split("\n").length).toBeLessThanOrEqual(LINES_MAX + 1);
    },
  );

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

const english = (value: number) => value.toLocaleString("en");

function constantOf(name: string, file: string): number {
  const found = constants().find((constant) => constant.name === name && constant.file === file);
  if (found === undefined) throw new Error(`no ${name} in ${file}`);
  return found.value.split("*").reduce((product, factor) => product * Number(factor.trim().replaceAll("_", "")), 1);
}

/** Of wrangler.toml. */
function rateLimitOf(name: string): string {
  const [, limit = ""] =
    new RegExp(`name = "${name}"\\n.*\\nsimple = \\{ limit = (\\d+)`).exec(read("wrangler.toml")) ?? [];
  return english(Number(limit));
}

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

describe("The table of the local edge's variables", () => {
  const [, table = ""] = read("docs/configuration.md").split("## The local edge");
  const rows = new Map(
    [...table.matchAll(/^\| `([A-Z0-9_]+)` \| ([^|]+) \| /gm)].map(([, name = "", usual = ""]) => [name, usual]),
  );
  const textOf = (file: string) => files.find((each) => each.file === file)?.text ?? "";
  /** By which a process is known to be the edge's; set by it alone. */
  const isOwn = (name: string) => name.startsWith("KERBSIDE_EDGE_");

  test("has each that is read, and no other", () => {
    const inLocal = files.filter(({ file }) => file.startsWith("local/")).map(({ text }) => text);
    const read = [...inLocal.join("\n").matchAll(/(?:env\.|\((?:env, )?"|= ")(KERBSIDE_[A-Z_]+)/g)].map(
      ([, name = ""]) => name,
    );
    expect([...rows.keys()].sort()).toEqual([...new Set(read)].filter((name) => !isOwn(name)).sort());
  });

  test("says what each is where it is not set", () => {
    const ports = [...textOf("local/main.ts").matchAll(/port\("(KERBSIDE_\w+)", (\d+)\)/g)];
    expect(ports.length).toBe(3);
    for (const [, name = "", usual] of ports) expect([name, rows.get(name)]).toEqual([name, usual]);
    expect(rows.get("KERBSIDE_DIR")).toBe("`.kerbside`");
    expect(textOf("local/state/local-folder.ts")).toContain('join(REPOSITORY, ".kerbside")');
    expect(rows.get("KERBSIDE_CONNECTS_PER_STATION")).toBe(rateLimitOf("CONNECT_BY_STATION"));
    const perAddress = constantOf("CONNECTS_PER_ADDRESS", "local/runtime/worker-settings.ts");
    expect(rows.get("KERBSIDE_CONNECTS_PER_ADDRESS")).toBe(english(perAddress));
    const stations = constantOf("STATIONS_PER_LOCAL_EDGE", "local/runtime/shard-count.ts");
    expect(rows.get("KERBSIDE_WORKERDS")).toContain(`enough for ${english(stations)} stations`);
    const most = constantOf("SHARDS_MAX", "local/runtime/shard-count.ts");
    expect(table).toContain(`workerd processes that share the stations, 1 to ${most};`);
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
            new RegExp(`(?:const ${name}|${name}:)`).test(text) ? [] : [`${name} in ${path}`],
          );
        },
      ),
    );
    expect(missing).toEqual([]);
  });

  test("say of each bound that users meet what it is in the code", () => {
    const paper = read("docs/limits.md");
    const rowOf = (start: string) => paper.split("\n").find((line) => line.startsWith(`| ${start}`)) ?? "";
    for (const [row, name, file, unit] of MET_BY_USERS) {
      const shown = english(constantOf(name, file) / unit);
      expect(`${row}: ${rowOf(row)}`).toMatch(new RegExp(`(?<![\\d,])${shown}(?![\\d,]*\\d)`));
    }
  });

  test("have a bound of the code in each row that users meet, or say why there is none", () => {
    const [, table = ""] = read("docs/limits.md").split("| --- | --- | --- |\n");
    const rows = (table.split("\n\n")[0] ?? "").split("\n");
    const known = [...MET_BY_USERS.map(([row]) => row), ...NO_CONSTANT];
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter((row) => !known.some((start) => row.startsWith(`| ${start}`)))).toEqual([]);
    expect(known.filter((start) => !rows.some((row) => row.startsWith(`| ${start}`)))).toEqual([]);
  });

  test("say what wrangler.toml and a workerd's file descriptors bound", () => {
    const paper = read("docs/limits.md");
    expect(paper).toContain(
      `| ${rateLimitOf("CONNECT_BY_STATION")} a minute by station and address, ${rateLimitOf("CONNECT_BY_ADDRESS")} by address`,
    );
    const [each, own] = ["DESCRIPTORS_PER_STATION", "OWN_DESCRIPTORS"].map((name) =>
      constantOf(name, "local/runtime/shard-count.ts"),
    );
    expect(paper).toContain(`${english((20_000 - (own ?? 0)) / (each ?? 1))} of 20,000`);
  });

  test("could be made: no bound stands bare in what the API takes", () => {
    const bare = files.filter(
      ({ file, text }) => file.startsWith("http/") && /\.(?:max|min|length)\(\d[\d_]+\)/.test(text),
    );
    expect(bare.map(({ file }) => file)).toEqual([]);
  });
});

describe("The walks of architecture.md", () => {
  test("go by methods that are there", () => {
    const [, walks = ""] = read("docs/architecture.md").split("## Three walks");
    const named = [...walks.matchAll(/`([A-Z]\w+)\.(#?\w+)`/g)];
    expect(named.length).toBeGreaterThan(15);
    const missing = named.filter(
      ([, owner = "", method = ""]) =>
        !files.some(
          ({ text }) =>
            text.includes(`class ${owner} `) && new RegExp(`^  (?:override )?(?:async )?${method}[<(]`, "m").test(text),
        ),
    );
    expect(missing.map(([name]) => name)).toEqual([]);
  });
});

describe("What operations.md quotes", () => {
  test("is said by the code", () => {
    const code = files.map(({ text }) => text).join("\n");
    const rows = [...read("docs/operations.md").matchAll(/^\| (.*?) \|/gm)].map(([, first = ""]) => first);
    const quoted = rows.flatMap((first) =>
      [...first.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text.replace("… ", "")),
    );
    expect(quoted.length).toBeGreaterThan(12);
    expect(quoted.filter((text) => !code.includes(text))).toEqual([]);
  });
});

/** What stands for it in the code is no constant: a setting, a share in words, or wrangler.toml's. */
const NO_CONSTANT = [
  "connection attempts",
  "events undelivered, a webhook",
  "events undelivered, of every",
  "local edge: sockets",
];

/** The row of the paper, the constant, its file, and what one of the paper's units is in the constant's. */
const MET_BY_USERS: readonly [string, string, string, number][] = [
  ["certificates issued to one station", "ISSUED_MAX", "station/certificate/issuing.ts", 1],
  ["certificates issued to one station", "SENDINGS_MAX", "security/certificate/issuance.ts", 1],
  ["certificates remembered of a station", "CERTIFICATES_MAX", "security/certificate/history.ts", 1],
  ["newcomers", "NEWCOMERS_MAX", "fleet/newcomers.ts", 1],
  ["newcomers", "NAMES_BURST", "security/knocks.ts", 1],
  ["newcomers", "NAMES_PER_MINUTE", "security/knocks.ts", 1],
  ["newcomers", "MESSAGES_BURST", "http/doorstep.ts", 1],
  ["newcomers", "MESSAGES_PER_MINUTE", "http/doorstep.ts", 1],
  ["newcomers", "TOLD_MAX", "security/knocks.ts", 1],
  ["newcomers", "NEWCOMER_EVERY_MS", "security/knocks.ts", 3_600_000],
  ["refusals of a registered", "REFUSALS_EVERY_MS", "security/knocks.ts", 60_000],
  ["identity", "IDENTITY_MAX_LENGTH", "ocpp/identity.ts", 1],
  ["OCPP frame", "FRAME_MAX_LENGTH", "ocpp/message.ts", 1],
  ["frames on a socket after its close", "FRAMES_MAX", "station/connection/stray-frames.ts", 1],
  ["rows that one listing reads", "FEW_ROWS", "fleet/station-list.ts", 1],
  ["rows that one listing reads", "SPARE_ROWS", "fleet/station-list.ts", 1],
  ["rows that one listing reads", "WALK_ROWS", "fleet/station-list.ts", 1],
  ["filters by label", "LABEL_FILTERS_MAX", "http/station-list.ts", 1],
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
  ["API keys that are wrong", "WRONG_KEYS_BURST", "http/auth.ts", 1],
  ["API keys that are wrong", "WRONG_KEYS_PER_MINUTE", "http/auth.ts", 1],
  ["offered subprotocols", "OFFERED_MAX", "http/connect.ts", 1],
  ["frames of one station", "FRAME_BURST", "ocpp/frame-rate.ts", 1],
  ["frames of one station", "FRAMES_PER_SECOND", "ocpp/frame-rate.ts", 1],
  ["frames of one station", "CHARACTER_BURST", "ocpp/frame-rate.ts", 1],
  ["frames of one station", "CHARACTERS_PER_SECOND", "ocpp/frame-rate.ts", 1],
  ["frames of one station", "WARNINGS", "ocpp/frame-rate.ts", 1],
  ["frames of one station", "CHARACTERS_PER_WARNING", "ocpp/frame-rate.ts", 1],
  ["wrong passwords", "WRONG_BURST", "security/password-attempts.ts", 1],
  ["wrong passwords", "WRONG_PER_SECOND", "security/password-attempts.ts", 1],
  ["passwords being compared", "HASHING_AT_ONCE", "station/connection/hashing.ts", 1],
  ["passwords being compared", "HASHING_WAITING_MAX", "station/connection/hashing.ts", 1],
  ["actions a station may call", "INVITED_MAX", "ocpp/session.ts", 1],
  ["silence of a connected", "SILENCE_GRACE_MS", "ocpp/presence.ts", 1_000],
  ["silence of a connected", "PROBE_TIMEOUT_MS", "ocpp/presence.ts", 1_000],
  ["silence of a connected", "UNASKED_SILENCE_MS", "ocpp/presence.ts", 3_600_000],
  ["events kept once delivered", "RING_EVENTS", "station/storage/log-rows.ts", 1],
  ["receiver: time", "DELIVERY_TIMEOUT_MS", "station/delivery/send-attempt.ts", 1_000],
  ["acknowledged events repeated", "ROW_EVERY", "station/storage/event-log.ts", 1],
  ["retry", "RETRY_MAX_MS", "delivery/outbox.ts", 3_600_000],
  ["`ocpp.call.refused` events", "EVENTS_PER_WINDOW", "station/connection/refused-calls.ts", 1],
  ["webhooks |", "URL_MAX_LENGTH", "http/routes/webhooks.ts", 1],
  ["webhooks |", "SECRET_MAX_LENGTH", "http/routes/webhooks.ts", 1],
  ["webhooks |", "FRESH_MS", "webhooks/cached-list.ts", 1_000],
  ["commands kept", "PRUNE_AT", "station/command/command-store.ts", 1],
  ["commands kept", "PRUNE_AT_BYTES", "station/command/command-store.ts", 1_000_000],
  ["commands kept", "COMMANDS_MAX_BYTES", "station/command/command-store.ts", 1_000_000],
  ["commands kept", "KEEP_MS", "station/command/command-store.ts", 3_600_000],
  ["Idempotency-Key", "IDEMPOTENCY_KEY_MAX_LENGTH", "http/idempotency-key.ts", 1],
  ["campaign |", "CAMPAIGN_STATIONS_MAX", "http/campaigns.ts", 1],
  ["campaign |", "NAMED_MAX", "http/routes/campaigns.ts", 1],
  ["campaign |", "NAME_MAX_LENGTH", "http/routes/campaigns.ts", 1],
  ["campaign |", "RATE_MAX", "http/routes/campaigns.ts", 1],
  ["campaign |", "KEEP_MS", "fleet/campaigns/campaign-rows.ts", 86_400_000],
  ["campaign |", "KEEP_MAX", "fleet/campaigns/campaign-rows.ts", 1],
  ["campaign |", "DRAFT_MAX_MS", "fleet/campaigns/campaign-rows.ts", 3_600_000],
  ["campaign |", "TEXT_MAX_LENGTH", "fleet/campaigns/campaign-outcome.ts", 1],
  ["a campaign's station that cannot be reached", "ATTEMPTS_MAX", "fleet/campaigns/campaign-round.ts", 1],
  ["command |", "ACTION_MAX_LENGTH", "http/routes/commands.ts", 1],
  ["command |", "TIMEOUT_MAX_SECONDS", "http/routes/commands.ts", 1],
  ["command |", "EXPIRES_MAX_SECONDS", "http/routes/commands.ts", 1],
  ["registration |", "FINGERPRINTS_MAX", "http/routes/stations.ts", 1],
  ["registration |", "TEXT_MAX_LENGTH", "http/routes/stations.ts", 1],
  ["registration |", "LABELS_MAX", "http/routes/stations.ts", 1],
  ["page of stations", "PAGE_MAX_STATIONS", "http/routes/station-list.ts", 1],
  ["page of stations", "PAGE_MAX_COMMANDS", "http/routes/commands.ts", 1],
  ["page of stations", "PAGE_COMMANDS", "http/routes/commands.ts", 1],
  ["local edge: requests of one connection", "PIPELINED_MAX", "local/front/front.ts", 1],
  ["local edge: upgrades", "AT_ONCE", "local/front/upgrade-gate.ts", 1],
  ["local edge: upgrades", "WAIT_MAX_MS", "local/front/upgrade-gate.ts", 1_000],
  ["local edge: upgrades", "PLACE_MAX_MS", "local/front/upgrade-gate.ts", 1_000],
  ["local edge: upgrades", "UNDECIDED_MAX", "local/front/upgrade-gate.ts", 1],
  ["local edge: stations looked at", "LOOK_AFTER_MS", "local/runtime/look-around.ts", 1_000],
  ["transitions for the directory", "RETRY_BASE_SECONDS", "fleet/transition.ts", 1],
  ["one that the queue does not take", "AGAIN_BASE_MS", "station/registration/announcements.ts", 60_000],
  ["one that the queue does not take", "AGAIN_MAX_MS", "station/registration/announcements.ts", 3_600_000],
  ["the list of webhooks", "FRESH_MS", "webhooks/cached-list.ts", 1_000],
  ["the list of webhooks", "RETRY_BASE_MS", "webhooks/cached-list.ts", 1_000],
  ["the list of webhooks", "RETRY_MAX_MS", "webhooks/cached-list.ts", 1_000],
  ["deliveries under way", "PLACES", "delivery/places.ts", 1],
  ["deliveries under way", "SHARE", "delivery/places.ts", 1],
  ["deliveries under way", "LEAVES_ROOM_MS", "station/delivery/delivery.ts", 1_000],
  ["the directory: whether", "ANSWER_WITHIN_MS", "fleet/known-stations.ts", 1_000],
  ["the directory: whether", "KNOWN_MS", "fleet/known-stations.ts", 1_000],
  ["`ocpp.security` events", "QUIET_MS", "station/connection/security-reports.ts", 60_000],
];
