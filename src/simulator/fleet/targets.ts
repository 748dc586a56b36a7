/**
 * Where a fleet may connect: the broker's three doors, and the rule that without leave they are on this machine. Must not
 * know who is there.
 */
import { err, ok, type Result } from "../../result.ts";
import type { Profile } from "../station/profile.ts";

export interface Target {
  /** The API, and security profiles 0 and 1. */
  http: URL;
  tls: URL;
  mtls: URL;
  /** Its folder, with the API key and the development PKI; `null`: the local edge's own. */
  dir: string | null;
}

export interface GivenTargets {
  http: readonly string[];
  tls: readonly string[];
  mtls: readonly string[];
  dirs: readonly string[];
  allowRemote: boolean;
}

type Environment = Record<string, string | undefined>;

/** The n-th of each option belong together; the first target's other doors default to the local edge's ports. */
export function targetsOf(given: GivenTargets, env: Environment): Result<Target[], string> {
  const port = (name: string, fallback: number) => env[name] || String(fallback);
  const local = {
    http: `http://localhost:${port("KERBSIDE_PORT", 8080)}`,
    tls: `https://localhost:${port("KERBSIDE_TLS_PORT", 8443)}`,
    mtls: `https://localhost:${port("KERBSIDE_MTLS_PORT", 8444)}`,
  };
  const targets: Target[] = [];
  const count = Math.max(1, given.http.length, given.tls.length, given.mtls.length, given.dirs.length);
  for (let n = 0; n < count; n++) {
    const texts = (["http", "tls", "mtls"] as const).map((door) => given[door][n] ?? (n === 0 ? local[door] : null));
    if (texts.includes(null)) return err(`target ${n + 1} needs --target, --tls-target and --mtls-target`);
    const dir = given.dirs[n] ?? null;
    if (n > 0 && dir === null) return err(`target ${n + 1} needs its own --dir`);
    const urls: URL[] = [];
    for (const text of texts) {
      const url = originOf(text as string);
      if (url === null) return err(`${JSON.stringify(text)} is no http or https origin`);
      if (!given.allowRemote && !isLoopback(url)) {
        return err(`${text} is not on this machine; give --allow-remote if you mean it and may`);
      }
      urls.push(url);
    }
    const [http, tls, mtls] = urls as [URL, URL, URL];
    targets.push({ http, tls, mtls, dir });
  }
  return ok(targets);
}

function originOf(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isOrigin = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  return isOrigin && /^(?:http|ws)s?:$/.test(url.protocol) ? url : null;
}

/** By name alone: no other name is looked up, since its answer may change between the check and the connection. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** A station's own address on the door that its profile goes through. */
export function stationUrl({ http, tls, mtls }: Target, profile: Profile, stationId: string): string {
  const door = { none: http, basic: http, tls, mtls }[profile];
  const scheme = profile === "none" || profile === "basic" ? "ws" : "wss";
  return `${scheme}://${door.host}/ocpp/${encodeURIComponent(stationId)}`;
}
