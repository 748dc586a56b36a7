import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DeployOptions, parseArguments } from "../../src/deploy/arguments.ts";
import { check, type Finding } from "../../src/deploy/check.ts";
import { Cloudflare } from "../../src/deploy/cloudflare.ts";
import { deploy, type World } from "../../src/deploy/deployment.ts";
import { withDatabaseId, withHosts } from "../../src/deploy/settings-file.ts";
import { configured, wranglerSays } from "../../src/deploy/wrangler.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { FakeCloudflare } from "../support/fake-cloudflare.ts";
import { HttpPeer, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ORIGINAL = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
/** wrangler twice, on a machine that is busy with others. */
const WRANGLER_MS = 180_000;
/** A program that gives another one a terminal, as util-linux has it. */
const hasTerminals = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;
const GOOD: Finding[] = [{ verdict: "good", what: "it is well" }];

describe("npm run deploy", () => {
  let cloudflare: FakeCloudflare;
  let config: string;
  let said: string[];
  let ran: string[][];
  beforeEach(async () => {
    cloudflare = await FakeCloudflare.start();
    // Beside the original, since it names files relative to itself.
    config = join(ROOT, `wrangler.test-${process.pid}.toml`);
    writeFileSync(config, ORIGINAL);
    [said, ran] = [[], []];
  });
  afterEach(async () => {
    rmSync(config, { force: true });
    await cloudflare.stop();
  });

  const OPTIONS = { hosts: ["ocpp.example.com"], mtlsHost: "mtls.example.com", isDryRun: false, allowsProfile0: false };
  const world = (more: Partial<World> = {}): World => ({
    cloudflare: async () => new Cloudflare("token", cloudflare.url),
    configured,
    ask: async () => null,
    say: (line) => said.push(line),
    check: async () => GOOD,
    held: (work) => work(() => {}),
    account: undefined,
    wrangler: async (args) => {
      ran.push([...args]);
    },
    ...more,
  });
  const run = (options: Partial<DeployOptions> = {}, more: Partial<World> = {}) =>
    deploy({ ...OPTIONS, config, ...options }, world(more));
  const keyShown = () => said.flatMap((line) => /^API key: ([0-9a-f]{64})$/m.exec(line)?.[1] ?? []);

  test(
    "makes what is missing, deploys by wrangler, shows the key once, and can be done again",
    async () => {
      const home = temporaryFolder();
      const env = {
        ...{ CLOUDFLARE_API_BASE_URL: cloudflare.url, CLOUDFLARE_API_TOKEN: "token", WRANGLER_SEND_METRICS: "false" },
        ...{ HOME: home.dir, PATH: process.env.PATH },
      };
      const checked: unknown[] = [];
      await run(
        {},
        {
          wrangler: async (args, more) => void (await wranglerSays(args, { ...env, ...more })),
          check: async (...hosts) => {
            checked.push(hosts);
            return GOOD;
          },
        },
      );
      home.remove();
      const { account, asked } = cloudflare;
      expect(account.databases.map(({ name }) => name)).toEqual(["kerbside-directory"]);
      expect(account.queues.map(({ queue_name }) => queue_name)).toEqual(["kerbside-transitions"]);
      expect(account.migrations).toContain("0001_stations.sql");
      expect(account.secrets).toEqual(["API_KEYS"]);
      const written = configured(config);
      expect(written.d1_databases[0]?.database_id).toBe(account.databases[0]?.uuid);
      expect(written.vars.MTLS_HOSTS).toBe("mtls.example.com");
      expect(checked).toEqual([["ocpp.example.com", "mtls.example.com"]]);
      const uploaded =
        asked.find(({ method, path }) => method === "PUT" && path.endsWith("/scripts/kerbside"))?.body ?? "";
      expect(uploaded).toContain(account.databases[0]?.uuid);
      const [key = "", ...more] = keyShown();
      expect(more).toEqual([]);
      // What is stored is its hash, and it is nowhere else.
      expect(uploaded).toContain(createHash("sha256").update(key).digest("hex"));
      expect(asked.filter(({ body }) => body.includes(key))).toEqual([]);

      said.length = asked.length = 0;
      await run({ hosts: null, mtlsHost: null });
      expect(keyShown()).toEqual([]);
      expect(ran).toEqual([
        ["d1", "migrations", "apply", "DIRECTORY", "--remote", "--config", config],
        ["deploy", "--config", config],
      ]);
      expect(
        asked.filter(({ method }) => method !== "GET").map(({ method, body }) => [method, JSON.parse(body)]),
      ).toEqual(
        [true, false].map((isPaused) => [
          "PATCH",
          { queue_name: "kerbside-transitions", settings: { delivery_paused: isPaused } },
        ]),
      );
    },
    WRANGLER_MS,
  );

  test("resumes the queue though the deployment failed, and what it made is found the next time", async () => {
    cloudflare.account.secrets = ["API_KEYS"];
    const broken = async () => {
      throw new Error("wrangler deploy failed");
    };
    await expect(run({}, { wrangler: broken })).rejects.toThrow("wrangler deploy failed");
    expect(cloudflare.account.queues[0]?.isPaused).toBe(false);
    await run();
    expect(cloudflare.account.databases).toHaveLength(1);
    expect(cloudflare.account.queues).toHaveLength(1);
  });

  test("stops before it changes anything where a setting would let anybody in, or it is not told which is meant", async () => {
    const stopped = async (text: string, options: Partial<DeployOptions> = {}) => {
      writeFileSync(config, text);
      return run(options).then(
        () => expect.unreachable(),
        (error: Error) => error.message,
      );
    };
    const open = ORIGINAL.replace('ALLOW_PROFILE_0 = "false"', 'ALLOW_PROFILE_0 = "true"');
    expect(await stopped(open)).toContain("--allow-profile-0");
    expect(await stopped(ORIGINAL.replace("workers_dev = false", "workers_dev = true"))).toContain("workers_dev");
    const unknown = { hosts: null, mtlsHost: null };
    expect(await stopped(ORIGINAL, unknown)).toContain("--host ocpp.example.com");
    const typed = run(unknown, { ask: async () => 'a.example.com", custom_domain = true }' });
    await expect(typed).rejects.toThrow("must be a host");
    expect(readFileSync(config, "utf8")).toBe(ORIGINAL);
    expect(cloudflare.asked.filter(({ method }) => method !== "GET")).toEqual([]);
    cloudflare.account.databases.push({ uuid: "another", name: "kerbside-directory" });
    const id = "00000000-1111-4222-8333-444444444444";
    expect(await stopped(withDatabaseId(ORIGINAL, id))).toContain("see which of both is meant");
    expect(ran).toEqual([]);
    writeFileSync(config, open);
    cloudflare.account.databases.length = 0;
    await run({ allowsProfile0: true });
    expect(ran.map(([command]) => command)).toEqual(["d1", "deploy"]);
  });

  test.skipIf(!hasTerminals)(
    "asks at a terminal for the hosts, again where one is mistyped, and resumes the queue though Ctrl+C ends wrangler",
    async () => {
      cloudflare.account.secrets = ["API_KEYS"];
      const home = temporaryFolder();
      const env = {
        ...{ CLOUDFLARE_API_BASE_URL: cloudflare.url, CLOUDFLARE_API_TOKEN: "token", WRANGLER_SEND_METRICS: "false" },
        ...{ HOME: home.dir, PATH: process.env.PATH, TERM: "dumb" },
      };
      const command = `exec '${process.execPath}' src/deploy/main.ts --config '${config}'`;
      const terminal = spawn("script", ["-qfec", command, "/dev/null"], { cwd: ROOT, env });
      let [shown, read] = ["", 0];
      terminal.stdout.setEncoding("utf8").on("data", (text) => {
        shown += text;
      });
      const ended = once(terminal, "close");
      const answer = async (question: string, typed: string) => {
        await until(question, () => shown.includes(question, read), WRANGLER_MS / 2);
        read = shown.indexOf(question, read) + question.length;
        terminal.stdin.write(typed);
      };
      await answer("The host of stations and backends", "https://ocpp.example.com/\r");
      await answer("it must be a host", "");
      await answer("The host of stations and backends", "OCPP.example.com\r");
      await answer("client certificates, or nothing", "ocpp.example.com\r");
      await answer("need a host of their own", "");
      await answer("client certificates, or nothing", "\r");
      await answer("directory: applying its migrations", "\u0003");
      expect((await ended)[0]).toBe(1);
      home.remove();
      expect(shown).toContain("delivery resumed");
      const turns = cloudflare.asked.filter(({ method }) => method === "PATCH").map(({ body }) => JSON.parse(body));
      expect(turns.map(({ settings }) => settings.delivery_paused)).toEqual([true, false]);
      const { routes, vars } = configured(config);
      expect([routes?.length, vars.MTLS_HOSTS]).toEqual([1, ""]);
    },
    WRANGLER_MS,
  );

  test("says that it is deployed and not well, with what to do", async () => {
    const bad: Finding = { verdict: "bad", what: "port 80 redirects", remedy: "turn it off" };
    await expect(run({}, { check: async () => [bad] })).rejects.toThrow(
      "npm run deploy -- --check https://ocpp.example.com",
    );
    expect(said.at(-1)).toBe("  BAD  port 80 redirects\n        turn it off");
  });

  test("tells each step with --dry-run, and asks nobody for anything", async () => {
    await run({ isDryRun: true }, { cloudflare: () => Promise.reject(new Error("it was asked")) });
    expect(said).toHaveLength(11);
    expect(said.join("\n")).toContain("make the database kerbside-directory unless it is there");
    expect(readFileSync(config, "utf8")).toBe(ORIGINAL);
    expect(ran).toEqual([]);
  });

  test("writes hosts into the file as often as it is told to, and leaves the rest as it is", () => {
    const once = withHosts(ORIGINAL, ["a.example.com"], ["m.example.com"]);
    expect(withHosts(once, ["b.example.com", "c.example.com"], [])).toContain(
      'routes = [\n  { pattern = "b.example.com", custom_domain = true },\n  { pattern = "c.example.com", custom_domain = true },\n]\n',
    );
    const changed = once.split("\n").filter((line) => !ORIGINAL.includes(line));
    expect(changed).toEqual([
      '  { pattern = "a.example.com", custom_domain = true },',
      '  { pattern = "m.example.com", custom_domain = true },',
      'MTLS_HOSTS = "m.example.com"',
    ]);
    expect(() => withHosts('name = "x"', [], [])).toThrow("no line for routes");
  });

  test("refuses a host that is none, and one host for both", () => {
    const fault = (...args: string[]) => {
      const parsed = parseArguments(args);
      return parsed.ok ? null : parsed.error;
    };
    expect(fault("--host", 'a.example.com", custom_domain = true }')).toContain("--host must be a host");
    expect(fault("--host", "a.example.com", "--mtls-host", "a.example.com")).toContain("a host of its own");
    expect(fault("--check", "http://a.example.com")).toContain("--check must be https://HOST");
    expect(fault("--host", "a.example.com")).toBeNull();
  });
});

describe("npm run deploy -- --check", () => {
  let kerbside: Kerbside;
  let zone: HttpPeer;
  let urls: { url: URL; plain: URL; mtls: URL; ca: string };
  const folder = temporaryFolder();
  const OFF = { enabled: false, previews_enabled: false };
  beforeAll(async () => {
    [kerbside, zone] = await Promise.all([
      startKerbside({ ALLOW_PROFILE_0: "false" }, { dir: folder.dir }),
      HttpPeer.start(),
    ]);
    const { httpUrl, tlsUrl, mtlsUrl } = kerbside.edge;
    urls = {
      ...{ url: new URL(tlsUrl), plain: new URL(httpUrl), mtls: new URL(mtlsUrl) },
      ca: join(folder.dir, "pki/root.cert.pem"),
    };
  });
  afterAll(async () => {
    await Promise.all([kerbside?.stop(), zone?.stop()]);
    folder.remove();
  });
  const bad = (findings: Finding[]) => findings.filter(({ verdict }) => verdict === "bad").map(({ remedy }) => remedy);

  test("finds nothing wrong with a deployment that is well", async () => {
    const findings = await check(urls, OFF);
    expect(findings.filter(({ verdict }) => verdict !== "good")).toEqual([]);
    expect(findings).toHaveLength(6);
  });

  test("finds a redirect on port 80, profile 0, an mTLS host without a rule, and workers.dev that is on", async () => {
    const plain = new URL(zone.url);
    zone.reply = () => ({ status: 301, headers: { location: "https://localhost/" } });
    expect(bad(await check({ ...urls, plain }, OFF))).toEqual([expect.stringContaining("Always Use HTTPS")]);
    zone.reply = () => ({ status: 404 });
    expect(bad(await check({ ...urls, plain }, OFF))).toEqual([expect.stringContaining("ALLOW_PROFILE_0")]);
    expect(bad(await check({ ...urls, mtls: urls.url }, OFF))).toEqual([
      expect.stringContaining("associate the host"),
      expect.stringContaining("MTLS_HOSTS"),
    ]);
    expect(bad(await check(urls, { ...OFF, enabled: true }))).toEqual([expect.stringContaining("workers_dev")]);
    // An untrusted certificate is no answer.
    expect(bad(await check({ ...urls, ca: null, mtls: null }, null))).toHaveLength(2);
  });
});
