/**
 * The command line of `npm run deploy`, as options or as one sentence on what is wrong with it. Must not act on it.
 */
import { parseArgs } from "node:util";
import { refusalOf, Unusable } from "../programs/option-values.ts";
import { ok, type Result } from "../result.ts";

export interface DeployOptions {
  config: string;
  /** `null`: those that the configuration has, or whoever is there is asked. */
  hosts: string[] | null;
  mtlsHost: string | null;
  isDryRun: boolean;
  allowsProfile0: boolean;
}

export interface CheckOptions {
  config: string;
  /** https */
  url: URL;
  /** Where stations of profile 1 come in. */
  plain: URL;
  /** https; `null`: there is none. */
  mtls: URL | null;
  /** A file of certificates to trust for the servers, beside those that Node does. */
  ca: string | null;
}

export type Asked = "help" | { kind: "deploy"; options: DeployOptions } | { kind: "check"; options: CheckOptions };

export const USAGE = `Usage: npm run deploy -- [options]

  --host HOST          a host of stations and backends, as ocpp.example.com; may be given more than once
  --mtls-host HOST     the host of stations with client certificates
  --config FILE        wrangler.toml; a second deployment is a second file
  --dry-run            says what would be done, and does nothing
  --allow-profile-0    goes on though ALLOW_PROFILE_0 is "true": anybody may be any station registered for profile 0

       npm run deploy -- --check https://HOST [options]

  --mtls https://HOST  the host of stations with client certificates
  --plain http://HOST  where stations of profile 1 come in (port 80 of the host)
  --ca FILE            whom to trust for the servers, beside those that Node does
`;

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;
const OPTIONS = {
  ...{ config: TEXT, "mtls-host": TEXT, check: TEXT, plain: TEXT, mtls: TEXT, ca: TEXT },
  ...{ "dry-run": FLAG, "allow-profile-0": FLAG, help: FLAG },
  host: { type: "string", multiple: true },
} as const;

const HOST = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

export function parseArguments(args: readonly string[]): Result<Asked, string> {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false });
    const { config = "wrangler.toml" } = values;
    if (values.help) return ok("help");
    if (values.check !== undefined) {
      const url = urlOf("check", values.check, "https:");
      const plain = urlOf("plain", values.plain ?? `http://${url.hostname}`, "http:");
      const mtls = values.mtls === undefined ? null : urlOf("mtls", values.mtls, "https:");
      return ok({ kind: "check", options: { config, url, plain, mtls, ca: values.ca ?? null } });
    }
    const mtlsHost = values["mtls-host"] === undefined ? null : hostOf("mtls-host", values["mtls-host"]);
    const hosts = values.host?.map((each) => hostOf("host", each)) ?? null;
    if (mtlsHost !== null && hosts?.includes(mtlsHost))
      throw new Unusable("--mtls-host must be a host of its own: one cannot serve profiles 2 and 3");
    const [isDryRun, allowsProfile0] = [values["dry-run"] === true, values["allow-profile-0"] === true];
    return ok({ kind: "deploy", options: { config, hosts, mtlsHost, isDryRun, allowsProfile0 } });
  } catch (error) {
    return refusalOf(error);
  }
}

/** @param text in lower case */
export const isHost = (text: string): boolean => HOST.test(text);

/** @throws Unusable */
function hostOf(name: string, text: string): string {
  const host = text.trim().toLowerCase();
  if (isHost(host)) return host;
  throw new Unusable(`--${name} must be a host as ocpp.example.com, not ${JSON.stringify(text)}`);
}

function urlOf(name: string, text: string, protocol: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === protocol && url.pathname === "/") return url;
  throw new Unusable(`--${name} must be ${protocol}//HOST without a path, not ${JSON.stringify(text)}`);
}
