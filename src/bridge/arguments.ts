/**
 * The command line of `npm run bridge`, as options or as one sentence on what is wrong with it. Must not act on it.
 */
import { parseArgs } from "node:util";
import { refusalOf, Unusable, wholeNumber } from "../programs/option-values.ts";
import { ok, type Result } from "../result.ts";

export interface BridgeOptions {
  api: string;
  keyFile: string;
  csms: string;
  mirror: string | null;
  /** A file of `id:password` lines, or of one line with `{stationId}`. */
  passwords: string | null;
  /** The same, for the mirror. */
  mirrorPasswords: string | null;
  cert: string | null;
  key: string | null;
  ca: string | null;
  isForwarded: boolean;
  labels: [string, string][];
  q: string | null;
  shard: { index: number; of: number };
  connectsPerSecond: number;
  port: number;
}

export const USAGE = `Usage: npm run bridge -- --api URL --key-file FILE --csms URL [options]

  --api URL                        Kerbside, as https://kerbside.example.com
  --key-file FILE                  an API key with the scopes stations:read and csms:connect
  --csms URL                       the CSMS's endpoint for stations, as wss://csms.example.com/ocpp
  --csms-user-password-file FILE   Basic credentials: a line "id:password" a station, or one line with {stationId}
  --csms-cert FILE --csms-key FILE a client certificate for the CSMS;  --csms-ca FILE  whom to trust for its server
  --no-forwarded                   no X-Forwarded-For and X-Forwarded-Proto, which say what the station came by
  --mirror URL                     a second CSMS that sees what the first sees, and whose answers go nowhere
  --mirror-user-password-file FILE Basic credentials for that one, as above; it has none of the first one's
  --label NAME=VALUE, --q TEXT     only stations that the directory finds by it
  --shard I/N                      the I-th of N bridges that share the stations (1/1)
  --connects-per-second N          sockets opened a second (100)
  --port N                         of GET /metrics and /healthz on loopback; 0: any free one (9464)
`;

const TEXT = { type: "string" } as const;
const OPTIONS = {
  ...{ api: TEXT, "key-file": TEXT, csms: TEXT, mirror: TEXT, q: TEXT, shard: TEXT, port: TEXT },
  ...{
    "csms-user-password-file": TEXT,
    "mirror-user-password-file": TEXT,
    "csms-cert": TEXT,
    "csms-key": TEXT,
    "csms-ca": TEXT,
  },
  "connects-per-second": TEXT,
  "no-forwarded": { type: "boolean" },
  label: { type: "string", multiple: true },
  help: { type: "boolean" },
} as const;

const PER_SECOND_MAX = 10_000;
const SHARDS_MAX = 1_000;

export function parseArguments(args: readonly string[]): Result<BridgeOptions | "help", string> {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false });
    if (values.help) return ok("help");
    const [cert, key] = [values["csms-cert"] ?? null, values["csms-key"] ?? null];
    if (values["mirror-user-password-file"] !== undefined && values.mirror === undefined) {
      throw new Unusable("--mirror-user-password-file says nothing without --mirror");
    }
    if ((cert === null) !== (key === null)) throw new Unusable("--csms-cert and --csms-key belong together");
    return ok({
      api: apiOf(values.api),
      keyFile: needed("key-file", values["key-file"]),
      csms: urlOf("csms", values.csms, ["ws:", "wss:"]),
      mirror: values.mirror === undefined ? null : urlOf("mirror", values.mirror, ["ws:", "wss:"]),
      passwords: values["csms-user-password-file"] ?? null,
      mirrorPasswords: values["mirror-user-password-file"] ?? null,
      ...{ cert, key, ca: values["csms-ca"] ?? null },
      isForwarded: values["no-forwarded"] !== true,
      labels: (values.label ?? []).map(label),
      q: values.q ?? null,
      shard: shard(values.shard ?? "1/1"),
      connectsPerSecond: wholeNumber("connects-per-second", values["connects-per-second"] ?? "100", 1, PER_SECOND_MAX),
      port: wholeNumber("port", values.port ?? "9464", 0, 65_535),
    });
  } catch (error) {
    return refusalOf(error);
  }
}

function needed(name: string, value: string | undefined): string {
  if (value !== undefined && value !== "") return value;
  throw new Unusable(`--${name} is missing`);
}

/** Without a slash at its end. */
function urlOf(name: string, value: string | undefined, schemes: readonly string[]): string {
  const text = needed(name, value);
  if (/[?#]/.test(text)) {
    throw new Unusable(
      `--${name} must have no query and no fragment: a path is put behind it, not ${JSON.stringify(text)}`,
    );
  }
  if (URL.canParse(text) && schemes.includes(new URL(text).protocol)) return text.replace(/\/+$/, "");
  throw new Unusable(`--${name} must be a URL of ${schemes.join(" or ")}//, not ${JSON.stringify(text)}`);
}

/** Its routes are at the root. */
function apiOf(value: string | undefined): string {
  const text = urlOf("api", value, ["http:", "https:"]);
  if (new URL(text).pathname === "/") return text;
  throw new Unusable(`--api must have no path, as https://kerbside.example.com, not ${JSON.stringify(text)}`);
}

function label(text: string): [string, string] {
  const [, name = "", value = ""] = /^([A-Za-z0-9_.-]{1,63})=(.*)$/.exec(text) ?? [];
  if (name !== "") return [name, value];
  throw new Unusable(`--label must be NAME=VALUE, not ${JSON.stringify(text)}`);
}

function shard(text: string): { index: number; of: number } {
  const [, index = 0, of = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= of && of <= SHARDS_MAX) return { index, of };
  throw new Unusable(`--shard must be I/N with I from 1 to N, as 1/4, not ${JSON.stringify(text)}`);
}
