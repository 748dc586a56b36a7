/**
 * A deployment from the login to the test of its result: each step looks first, so that all of it can be done again. Must not know
 * where its words go.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scope } from "../security/api-key.ts";
import type { DeployOptions } from "./arguments.ts";
import type { Finding } from "./check.ts";
import type { Cloudflare } from "./cloudflare.ts";
import { chooseHosts, type Hosts } from "./hosts.ts";
import { withDatabaseId } from "./settings-file.ts";
import { Stop } from "./stop.ts";
import type { Configured } from "./wrangler.ts";

export interface World {
  cloudflare(): Promise<Cloudflare>;
  /** Read anew: steps write it. */
  configured(path: string): Configured;
  wrangler(args: readonly string[], more?: Record<string, string>): Promise<void>;
  /** `null`: nobody is there to answer. */
  ask(question: string): Promise<string | null>;
  say(line: string): void;
  check(host: string, mtlsHost: string | null): Promise<Finding[]>;
  /** Ctrl+C ends `work` where it says that it goes on, and not what it has to undo. */
  held(work: (goOn: () => void) => Promise<void>): Promise<void>;
  /** Of the account, where the login has several. */
  account: string | undefined;
}

const SCOPES: readonly Scope[] = [
  "stations:read",
  "stations:write",
  "commands:write",
  "webhooks:write",
  "metrics:read",
];
/** As wrangler.toml comes. */
const NO_DATABASE = "00000000-0000-0000-0000-000000000000";
/** What D1 knows. */
const DATABASE_JURISDICTIONS = ["eu", "us"];

export async function deploy(options: DeployOptions, world: World): Promise<void> {
  if (options.isDryRun) return plan(options, world);
  const { config } = options;
  const { say } = world;
  const cloudflare = await world.cloudflare();
  look(options, world);
  const hosts = await chooseHosts(options, world);

  const settings = world.configured(config);
  const account = await accountOf(cloudflare, settings, world);
  const name = settings.name ?? "kerbside";
  const jurisdiction = typeof settings.vars.JURISDICTION === "string" ? settings.vars.JURISDICTION : undefined;
  await directory(options, world, cloudflare, account, jurisdiction);
  const queues = await makeQueues(world, cloudflare, account, settings, jurisdiction);
  const secrets = await cloudflare.secrets(account, name);

  const env = { CLOUDFLARE_ACCOUNT_ID: account };
  const pause = async (isPaused: boolean) => {
    // Of the first deployment there is nobody to deliver to.
    if (secrets === null) return;
    for (const [queue, id] of queues) await cloudflare.pauseQueue(account, queue, id, isPaused);
    say(
      `queue: delivery ${isPaused ? "paused, so that neither release writes a directory it does not know" : "resumed"}`,
    );
  };
  await world.held(async (goOn) => {
    try {
      await pause(true);
      goOn();
      say("directory: applying its migrations");
      const migrations = ["d1", "migrations", "apply", "DIRECTORY", "--remote", "--config", config];
      await world.wrangler(migrations, { ...env, CI: "true" });
      goOn();
      await upload(world, config, secrets, env);
    } finally {
      // Also of one that failed: what waits is kept for four days, and nobody would think of it.
      await pause(false);
    }
  });
  hints(settings, secrets, say);
  await test(hosts, world);
}

/** What must not be deployed. */
function look({ config, allowsProfile0 }: DeployOptions, { configured, say }: World): void {
  const { vars, workers_dev, preview_urls } = configured(config);
  if (vars.ALLOW_PROFILE_0 === "true" && !allowsProfile0)
    throw new Stop(
      `ALLOW_PROFILE_0 is "true" in ${config}: stations registered for profile 0 need no proof. Set it to "false", or say --allow-profile-0`,
    );
  if (workers_dev !== false || preview_urls !== false)
    throw new Stop(`workers_dev and preview_urls must be false in ${config}: no rule of your zone covers those hosts`);
  say(`settings: ALLOW_PROFILE_0 is ${String(vars.ALLOW_PROFILE_0)}, workers.dev and previews are off`);
}

async function accountOf(cloudflare: Cloudflare, settings: Configured, world: World): Promise<string> {
  const given = world.account ?? settings.account_id;
  if (given !== undefined) return given;
  const all = await cloudflare.accounts();
  const [one] = all;
  if (one === undefined) throw new Stop("this login has no account: see its rights");
  if (all.length > 1)
    throw new Stop(
      `this login has several accounts: set CLOUDFLARE_ACCOUNT_ID to one of ${all.map(({ id, name }) => `${id} (${name})`).join(", ")}`,
    );
  world.say(`account: ${one.name}`);
  return one.id;
}

async function directory(
  { config }: DeployOptions,
  world: World,
  cloudflare: Cloudflare,
  account: string,
  jurisdiction: string | undefined,
): Promise<void> {
  const [database] = world.configured(config).d1_databases.filter(({ binding }) => binding === "DIRECTORY");
  const { database_name: name = "kerbside-directory", database_id: written = NO_DATABASE } = database ?? {};
  const there = await cloudflare.database(account, name);
  if (jurisdiction !== undefined && there === null && !DATABASE_JURISDICTIONS.includes(jurisdiction))
    throw new Stop(
      `D1 knows no jurisdiction ${jurisdiction}: make the database ${name} by hand where it may be, then run this again`,
    );
  const id = there ?? (await cloudflare.makeDatabase(account, name, jurisdiction));
  if (written !== NO_DATABASE && written !== id)
    throw new Stop(
      `${config} names the database ${written}, and ${name} in this account is ${id}: see which of both is meant`,
    );
  if (written !== id) writeFileSync(config, withDatabaseId(readFileSync(config, "utf8"), id));
  world.say(`directory: the database ${name} ${there === null ? "was made" : "is there"}, ${id}`);
}

/** Those that this Worker writes or reads, by name. */
async function makeQueues(
  world: World,
  cloudflare: Cloudflare,
  account: string,
  { queues }: Configured,
  jurisdiction: string | undefined,
): Promise<[string, string][]> {
  const consumed = (queues.consumers ?? []).map(({ queue }) => queue);
  const all = [...new Set([...consumed, ...(queues.producers ?? []).map(({ queue }) => queue)])];
  const ids: [string, string][] = [];
  for (const queue of all) {
    const there = await cloudflare.queue(account, queue);
    const id = there ?? (await cloudflare.makeQueue(account, queue, jurisdiction));
    world.say(`queue: ${queue} ${there === null ? "was made" : "is there"}`);
    if (consumed.includes(queue)) ids.push([queue, id]);
  }
  return ids;
}

/** With the API key, where there is none yet: it is shown before it counts, since a deployment may fail behind the point where it does. */
async function upload(
  world: World,
  config: string,
  secrets: string[] | null,
  env: Record<string, string>,
): Promise<void> {
  if (secrets?.includes("API_KEYS")) {
    world.say("API key: there is one; this does not touch it");
    return world.wrangler(["deploy", "--config", config], env);
  }
  const key = randomBytes(32).toString("hex");
  const sha256 = createHash("sha256").update(key).digest("hex");
  const folder = mkdtempSync(join(tmpdir(), "kerbside-deploy-"));
  try {
    const file = join(folder, "secrets.json");
    const keys = [{ name: "backend", sha256, scopes: SCOPES }];
    writeFileSync(file, JSON.stringify({ API_KEYS: JSON.stringify(keys) }), { mode: 0o600 });
    world.say(
      `API key: ${key}\n  Keep it: only its hash is stored, and it is not shown again. It counts once this is deployed.`,
    );
    await world.wrangler(["deploy", "--config", config, "--secrets-file", file], env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function hints({ vars }: Configured, secrets: string[] | null, say: World["say"]): void {
  if (typeof vars.CSMS_URL === "string" && !secrets?.includes("CSMS_SECRET"))
    say(
      "CSMS: its questions are not signed. `npx wrangler secret put CSMS_SECRET`, and the CSMS can tell them from anybody's",
    );
}

async function test({ hosts, mtlsHosts }: Hosts, { check, say }: World): Promise<void> {
  const findings = await check(hosts[0] as string, mtlsHosts[0] ?? null);
  for (const finding of findings) say(sentenceOf(finding));
  if (findings.some(({ verdict }) => verdict === "bad"))
    throw new Stop(
      `it is deployed, and not all is well. Look again with npm run deploy -- --check https://${hosts[0]}`,
    );
}

export const sentenceOf = ({ verdict, what, remedy }: Finding): string =>
  `${verdict === "good" ? "  ok  " : verdict === "bad" ? "  BAD " : "  ?   "} ${what}${remedy === undefined ? "" : `\n        ${remedy}`}`;

function plan({ config, hosts, mtlsHost }: DeployOptions, { say, configured }: World): void {
  const settings = configured(config);
  const name = settings.name ?? "kerbside";
  const [database] = settings.d1_databases;
  const queues = [...new Set((settings.queues.producers ?? []).map(({ queue }) => queue))];
  const steps = [
    "login: look whether somebody is logged in, else `npx wrangler login`",
    `hosts: ${hosts?.join(", ") ?? `those of ${config}, or ask`}; for client certificates: ${mtlsHost ?? "the one of MTLS_HOSTS, or ask"}`,
    'settings: stop if ALLOW_PROFILE_0 is "true", or if workers_dev or preview_urls are on',
    `directory: make the database ${database?.database_name} unless it is there, and write its id to ${config}`,
    `queue: make ${queues.join(", ")} unless they are there`,
    "queue: pause its delivery, if this is an update",
    `directory: npx wrangler d1 migrations apply DIRECTORY --remote --config ${config}`,
    `API key: if ${name} has no API_KEYS, make a key, show it once, and deploy with its hash`,
    `deploy: npx wrangler deploy --config ${config}`,
    "queue: resume its delivery",
    "test: GET /healthz, and upgrades that must be refused, as `npm run deploy -- --check` does",
  ];
  for (const [at, step] of steps.entries()) say(`${at + 1}. ${step}`);
}
