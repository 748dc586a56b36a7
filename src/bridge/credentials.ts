/**
 * What a bridge shows to Kerbside and to the CSMS, read from files once. Must not know sockets; says of a file that cannot be used
 * which it is and why, never what is in it.
 */
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { BridgeOptions } from "./arguments.ts";
import { NotUsable } from "./directory.ts";

type PasswordOf = (stationId: string) => string | null;

export interface Credentials {
  apiKey: string;
  /** Of a station at the CSMS; `null`: it has none. */
  passwordOf: PasswordOf;
  /** Of one at the mirror. */
  mirrorPasswordOf: PasswordOf;
  tls: { cert?: string; key?: string; ca?: string };
}

export function readCredentials({ keyFile, passwords, mirrorPasswords, cert, key, ca }: BridgeOptions): Credentials {
  const apiKey = read("--key-file", keyFile).trim();
  if (apiKey === "") throw new NotUsable(`--key-file ${keyFile} is empty: it must hold an API key`);
  const tls = {
    ...(cert !== null && { cert: read("--csms-cert", cert) }),
    ...(key !== null && { key: read("--csms-key", key) }),
    ...(ca !== null && { ca: read("--csms-ca", ca) }),
  };
  try {
    // Now, in a sentence: later it would be an exception of the first socket, and the end of the process.
    createSecureContext(tls);
  } catch (error) {
    const files =
      "--csms-cert, --csms-key and --csms-ca must be PEM, the key the certificate's own and without a passphrase";
    throw new NotUsable(`${files}: ${(error as Error).message}`);
  }
  return {
    apiKey,
    passwordOf: passwordsIn("--csms-user-password-file", passwords),
    mirrorPasswordOf: passwordsIn("--mirror-user-password-file", mirrorPasswords),
    tls,
  };
}

function read(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new NotUsable(`${option} ${path} cannot be read: ${(error as Error).message}`);
  }
}

function passwordsIn(option: string, path: string | null): PasswordOf {
  if (path === null) return () => null;
  const text = read(option, path);
  // As some editors begin a file of text: the first id would be none.
  const lines = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  const [first = ""] = lines;
  if (lines.length === 1 && first.includes("{stationId}")) {
    const template = first.includes(":") ? first.slice(first.indexOf(":") + 1) : first;
    return (stationId) => template.replaceAll("{stationId}", stationId);
  }
  const odd = lines.findIndex((line) => line.indexOf(":") < 1);
  if (odd !== -1) throw new NotUsable(`${option} ${path}: line ${odd + 1} is no "id:password"`);
  const known = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
  return (stationId) => known.get(stationId) ?? null;
}
