/**
 * `npm run deploy`: walks a person through docs/deploy.md, or looks at a deployment with `--check`. Must not know the steps.
 */
import { createInterface } from "node:readline/promises";
import { parseArguments, USAGE } from "./arguments.ts";
import { check, type Subdomain } from "./check.ts";
import { Cloudflare } from "./cloudflare.ts";
import { deploy, sentenceOf } from "./deployment.ts";
import { patiently } from "./patience.ts";
import { Stop } from "./stop.ts";
import { configured, SIGNALS, wrangler, wranglerSays } from "./wrangler.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);

async function ask(question: string): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  const line = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await line.question(`${question}: `);
  } catch {
    // Ctrl+C or Ctrl+D. Every question comes before the first change.
    throw new Stop("\nstopped at the question: nothing was changed");
  } finally {
    line.close();
  }
}

/** As wrangler is logged in, by CLOUDFLARE_API_TOKEN or in a browser. `null`: it is not. */
async function loggedIn(): Promise<Cloudflare | null> {
  const said = await wranglerSays(["auth", "token", "--json"], process.env, /not logged in/i).catch(() => "");
  const { token } = said === "" ? { token: undefined } : (JSON.parse(said) as { token?: string });
  return token === undefined ? null : new Cloudflare(token, process.env.CLOUDFLARE_API_BASE_URL);
}

async function cloudflare(): Promise<Cloudflare> {
  const there = await loggedIn();
  if (there !== null) return there;
  if (!process.stdin.isTTY) throw new Stop("nobody is logged in: `npx wrangler login`, or set CLOUDFLARE_API_TOKEN");
  say("login: nobody is logged in; wrangler opens a browser for it");
  await wrangler(["login"], process.env);
  const now = await loggedIn();
  if (now === null) throw new Stop("nobody is logged in");
  return now;
}

/** `null`: it cannot be told. */
async function subdomain(config: string): Promise<Subdomain> {
  const api = await loggedIn();
  const { name = "kerbside", account_id } = configured(config);
  const account = process.env.CLOUDFLARE_ACCOUNT_ID ?? account_id ?? (await api?.accounts().catch(() => []))?.[0]?.id;
  return account === undefined ? null : ((await api?.subdomain(account, name).catch(() => null)) ?? null);
}

async function held(work: (goOn: () => void) => Promise<void>): Promise<void> {
  let isStopped = false;
  const stop = () => {
    isStopped = true;
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    await work(() => {
      if (isStopped) throw new Stop("stopped. Run this again: it goes on where it was");
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

async function run(): Promise<number> {
  const asked = parseArguments(process.argv.slice(2));
  if (!asked.ok) {
    process.stderr.write(`${asked.error}\n\n${USAGE}`);
    return 2;
  }
  if (asked.value === "help") {
    say(USAGE);
    return 0;
  }
  if (asked.value.kind === "check") {
    const findings = await check(asked.value.options, await subdomain(asked.value.options.config));
    for (const finding of findings) say(sentenceOf(finding));
    return findings.some(({ verdict }) => verdict === "bad") ? 1 : 0;
  }
  const { options } = asked.value;
  await deploy(options, {
    ...{ cloudflare, configured, ask, say, held },
    account: process.env.CLOUDFLARE_ACCOUNT_ID,
    wrangler: (args, more = {}) => wrangler(args, { ...process.env, ...more }),
    check: async (host, mtlsHost) => {
      const url = new URL(`https://${host}`);
      const mtls = mtlsHost === null ? null : new URL(`https://${mtlsHost}`);
      const own = await subdomain(options.config);
      return patiently(() => check({ url, plain: new URL(`http://${host}`), mtls, ca: null }, own), say);
    },
  });
  return 0;
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
