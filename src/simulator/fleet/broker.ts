/**
 * One target as a backend sees it: is it there, and its stations' registrations. Must not know what the stations do.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Kerbside, KerbsideProblem } from "../../client/kerbside.ts";
import { type Mix, SECURITY_PROFILE } from "../station/profile.ts";
import { isLoopback, type Target } from "./targets.ts";

/** What ends a run before it begins, in words for who started it. */
export class NotUsable extends Error {}

/** Of a station: the run whose bridge carries it. */
export const RUN_LABEL = "simulation";

const TIMEOUT_MS = 30_000;
/** Stations of one page. */
const PAGE = 500;

export class Broker {
  readonly target: Target;
  readonly dir: string;
  readonly #kerbside: Kerbside;

  private constructor(target: Target, dir: string, key: string) {
    this.target = target;
    this.dir = dir;
    this.#kerbside = new Kerbside({ url: target.http.origin, key, timeoutMs: TIMEOUT_MS });
  }

  /** @param dir where the target names none */
  static async find(target: Target, dir: string): Promise<Broker> {
    await checkHealth(target.http);
    const folder = target.dir ?? dir;
    const path = join(folder, "api-key");
    if (!existsSync(path))
      throw new NotUsable(`There is no API key in ${folder}; --dir names the folder of ${target.http.origin}`);
    const broker = new Broker(target, folder, readFileSync(path, "utf8").trim());
    try {
      await broker.#kerbside.request("GET", "/v1/stations?limit=1");
    } catch (error) {
      if (!(error instanceof KerbsideProblem)) throw new NotUsable(`${target.http.origin}: ${reasonOf(error)}`);
      const { status } = error;
      if (status === 401)
        throw new NotUsable(`${target.http.origin} does not know the API key in ${folder}; --dir names its own`);
      throw new NotUsable(`${target.http.origin} answers HTTP ${status} to GET /v1/stations`);
    }
    return broker;
  }

  get pkiDir(): string {
    return join(this.dir, "pki");
  }

  /** What its stations trust; `undefined`: what Node does, since a remote one has certificates of its own. */
  rootPem(): string | undefined {
    if (!isLoopback(this.target.tls) || !isLoopback(this.target.mtls)) return undefined;
    const path = join(this.pkiDir, "root.cert.pem");
    if (!existsSync(path)) throw new NotUsable(`There is no development PKI in ${this.dir}`);
    return readFileSync(path, "utf8");
  }

  /**
   * Gives back the station's password, made anew, where its profile has one.
   * @param run whose bridge carries the station, so that nobody but its CSMS answers; `null`: there is none
   */
  async register(
    stationId: string,
    { profile, protocol }: Mix,
    { run = null, labels }: { run?: string | null; labels?: Record<string, string> | undefined } = {},
  ): Promise<string | null> {
    const hasPassword = profile === "basic" || profile === "tls";
    const { password = null } = await this.#kerbside.station(stationId).register({
      securityProfile: SECURITY_PROFILE[profile],
      protocols: [protocol],
      labels: { ...(labels ?? { simulator: "true" }), ...(run !== null && { [RUN_LABEL]: run }) },
      ...(run !== null && { csms: "link" }),
      // A generated one costs the broker one round of its key derivation, a chosen one ten thousand.
      ...(hasPassword && { password: "generate" }),
    });
    return password;
  }

  /** How many stations of a run the directory names, which hears of each a moment later. */
  async listed(run: string): Promise<number> {
    let count = 0;
    for await (const _ of this.#kerbside.stations({ labels: { [RUN_LABEL]: run }, limit: PAGE })) count++;
    return count;
  }

  get keyFile(): string {
    return join(this.dir, "api-key");
  }

  async deregister(stationId: string): Promise<void> {
    try {
      await this.#kerbside.station(stationId).deregister();
    } catch (error) {
      // It is what was wanted.
      if (!(error instanceof KerbsideProblem && error.slug === "station-not-found")) throw error;
    }
  }
}

async function checkHealth(url: URL): Promise<void> {
  const failed = (why: string) => new NotUsable(`${url.origin} ${why}. Is the local edge running (npm start)?`);
  const response = await fetch(new URL("/healthz", url), { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error) => {
    throw failed(`does not answer: ${reasonOf(error)}`);
  });
  await response.body?.cancel();
  if (response.status !== 200) throw failed(`answers HTTP ${response.status} to GET /healthz`);
}

/** fetch itself says no more than that it failed. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
  return cause?.code ?? cause?.message ?? message;
}
