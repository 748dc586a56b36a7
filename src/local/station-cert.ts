/**
 * `npm run station:cert -- CS001 [--expired|…]`: writes one station's certificate and key. Must not know how they are made.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkIdentity } from "../ocpp/identity.ts";
import { localFolder } from "./state/local-folder.ts";
import { openPki, withPki } from "./pki/pki.ts";
import { PUBLIC_MODE, replaceFile, SECRET_MODE } from "./state/private-file.ts";
import {
  issueStationCertificate,
  STATION_CERTIFICATE_KINDS,
  type StationCertificateKind,
} from "./pki/station-certificate.ts";

const KINDS = STATION_CERTIFICATE_KINDS.filter((kind) => kind !== "valid");
const HELP = `Usage: npm run station:cert -- <stationId> [one kind] [--leaf-only]

Writes pki/stations/<stationId>.cert.pem (the certificate, then the CA that issued it) and <stationId>.key.pem
under $KERBSIDE_DIR (default .kerbside), with the common name <stationId>. Kinds that are let in:
  (none)                 EC P-256, of the station CA
  --ec-p384, --rsa-4096  another key
  --two-intermediates    of a CA below another one below the root; both come with it
  --name-constrained     of a CA that may name one organization alone, which is the station's
and that are not:
  --expired, --not-yet-valid, --revoked, --self-signed, --other-ca
  --sha1                 signed over a SHA-1 digest
  --rsa-1024, --ec-p192  a weak key
  --server-auth          for servers alone
  --outside-constraints  of a CA that may name another organization alone
--leaf-only leaves out the CAs: the edge knows the station CA, and none of the others.
An id that starts with "-" goes behind another "--".
`;

type Request = { help: true } | { help: false; stationId: string; kind: StationCertificateKind; leafOnly: boolean };

class UsageError extends Error {}

function parse(args: string[]): Request {
  const options = Object.fromEntries(
    ["help", "leaf-only", ...KINDS].map((name) => [name, { type: "boolean" as const }]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (parsed.values.help === true) return { help: true };
  const kinds = KINDS.filter((kind) => parsed.values[kind] === true);
  if (kinds.length > 1) throw new UsageError(`--${kinds.join(" and --")} exclude each other`);
  const [stationId, ...more] = parsed.positionals;
  if (stationId === undefined) throw new UsageError("A station id is missing");
  if (more.length > 0) throw new UsageError(`One station id at a time, not also ${more.join(" ")}`);
  const checked = checkIdentity(stationId);
  if (!checked.ok) throw new UsageError(`${JSON.stringify(stationId)} is not a legal station id: ${checked.error}`);
  return { help: false, stationId, kind: kinds[0] ?? "valid", leafOnly: parsed.values["leaf-only"] === true };
}

async function run(args: string[]): Promise<void> {
  const request = parse(args);
  if (request.help) {
    process.stdout.write(HELP);
    return;
  }
  const dir = localFolder(process.env);
  mkdirSync(dir, { recursive: true });
  const pki = await openPki(join(dir, "pki"));
  const { cert, key } = await issueStationCertificate(pki, request);
  const stations = join(pki.dir, "stations");
  mkdirSync(stations, { recursive: true });
  const certPath = join(stations, `${request.stationId}.cert.pem`);
  const keyPath = join(stations, `${request.stationId}.key.pem`);
  await withPki(pki.dir, async () => {
    replaceFile(keyPath, key, SECRET_MODE);
    replaceFile(certPath, cert, PUBLIC_MODE);
  });
  process.stdout.write(`${certPath}\n${keyPath}\n`);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`station:cert: ${(error as Error).message}\n${isUsage ? `\n${HELP}` : ""}`);
  process.exitCode = isUsage ? 2 : 1;
}
