/**
 * What a host answers to a few requests that do no harm, as a station or a backend would see it. Must not know what is right.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { promisify } from "node:util";
import { rootCertificates } from "node:tls";

/** ms */
const WITHIN_MS = 15_000;

/** `error`: there was no answer, and why. */
export type Probed = { kind: "answer"; status: number; location: string | null } | { kind: "error"; reason: string };

/** A GET, or an upgrade of a station that has no registration and shows no proof. */
export function probe(url: URL, ca: string | null, headers: Record<string, string> = {}): Promise<Probed> {
  const options = {
    headers,
    timeout: WITHIN_MS,
    ...(ca !== null && { ca: [...rootCertificates, readFileSync(ca, "utf8")] }),
  };
  return new Promise((resolve) => {
    const request = (url.protocol === "https:" ? https : http).request(url, options);
    const answered = ({ statusCode = 0, headers: { location } }: http.IncomingMessage) => {
      request.destroy();
      resolve({ kind: "answer", status: statusCode, location: location ?? null });
    };
    request.once("response", answered).once("upgrade", answered);
    request.once("timeout", () => request.destroy(new Error(`no answer within ${WITHIN_MS / 1000} s`)));
    request.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ kind: "error", reason: error.message || String(error.code) }),
    );
    request.end();
  });
}

/** [OCPP-J 1.6 §3.1] As a station asks. */
export const upgrade = (url: URL, ca: string | null, authorization?: string): Promise<Probed> =>
  probe(new URL("/ocpp/kerbside-check", url), ca, {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol": "ocpp1.6",
    ...(authorization !== undefined && { authorization }),
  });

/** [RFC 8446 §4.3.2] Only OpenSSL's own trace tells, and it goes to the standard error of its process. `null`: there was no handshake. */
export async function asksForCertificate(url: URL): Promise<boolean | null> {
  const script = `const [host, port] = process.argv.slice(1);
    const socket = require("node:tls").connect({ host, port, servername: host, rejectUnauthorized: false, enableTrace: true });
    socket.setTimeout(${WITHIN_MS}, () => socket.destroy());
    socket.on("secureConnect", () => { console.log("shaken"); socket.end(); setTimeout(() => socket.destroy(), 200); }).on("error", () => {});`;
  const args = ["-e", script, url.hostname, url.port || "443"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  return stdout.includes("shaken") ? stderr.includes("CertificateRequest") : null;
}
