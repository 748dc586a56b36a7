/**
 * What a server has left allocated after many connections, by the place that allocated it, told by heaptrack. Must not
 * know what counts as a leak.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Arm } from "./arguments.ts";
import { connectMany } from "./connections.ts";
import type { Identities } from "./identities.ts";
import { secureContextOf } from "./matrix.ts";
import type { NodeRelease } from "./node-release.ts";
import { startServer } from "./server-process.ts";

export interface CallSite {
  /** The frame of the TLS state machine or of Node that asked, and what it called. */
  site: string;
  /** Of one connection. */
  bytes: number;
  allocations: number;
}

export interface Profile {
  /** Bytes left allocated, of one connection. */
  handshakeBytes: number;
  /** Under 1 % of it is left out. */
  sites: CallSite[];
  /** Allocated and left of the struct X509 itself, of one connection: the objects, told apart from their parts. */
  x509: { allocations: number; bytes: number };
}

const run = promisify(execFile);
const PRINT_TIMEOUT_MS = 180_000;
/** Bytes of a connection, under which a call site is start-up, divided by the connections. */
const SITE_MIN_BYTES = 1;
const CLIENT_CERTIFICATE = "tls_process_client_certificate";
const X509_STRUCT = /;X509_new_ex;ASN1_item_new_ex;asn1_item_embed_new;CRYPTO_zalloc$/;

export async function profileServer(
  release: NodeRelease,
  arm: Arm,
  connections: number,
  identities: Identities,
): Promise<Profile> {
  await requireHeaptrack();
  const dir = mkdtempSync(join(tmpdir(), "kerbside-heaptrack-"));
  try {
    const trace = join(dir, "trace");
    const server = await startServer(release.binary, arm, identities, ["heaptrack", "-o", trace]);
    try {
      await connectMany({ port: server.port, secureContext: secureContextOf(arm, identities) }, connections);
      // Collects: what only a finalizer frees is no leak.
      await server.measure();
    } finally {
      await server.end();
    }
    const left = await stacksOf(`${trace}.zst`, "leaked", dir);
    const made = await stacksOf(`${trace}.zst`, "allocations", dir);
    return profileOf(left, made, connections);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function requireHeaptrack(): Promise<void> {
  try {
    await run("heaptrack", ["--version"]);
  } catch (error) {
    throw new Error("heaptrack is missing: it is Debian's package heaptrack (apt-get install heaptrack)", {
      cause: error,
    });
  }
}

async function stacksOf(trace: string, cost: "leaked" | "allocations", dir: string): Promise<string> {
  const file = join(dir, `${cost}.stacks`);
  const quiet = ["-p", "0", "-a", "0", "-T", "0"];
  const args = ["-f", trace, ...quiet, "-F", file, "--flamegraph-cost-type", cost];
  await run("heaptrack_print", args, { timeout: PRINT_TIMEOUT_MS, maxBuffer: 64_000_000 });
  return readFileSync(file, "utf8");
}

/** Of lines `outermost;…;innermost; cost`, as flame graphs take them. */
export function profileOf(left: string, made: string, connections: number): Profile {
  const sites = new Map<string, CallSite>();
  const x509 = { allocations: 0, bytes: 0 };
  let handshakeBytes = 0;
  const each = (text: string, use: (frames: string[], stack: string, cost: number) => void): void => {
    for (const line of text.split("\n")) {
      const match = /^(.*?);? (\d+)$/.exec(line);
      const stack = match?.[1] ?? "";
      if (stack.includes(`;${CLIENT_CERTIFICATE};`)) use(stack.split(";"), stack, Number(match?.[2]) / connections);
    }
  };
  const siteOf = (frames: string[]): CallSite => {
    const at = frames.lastIndexOf(CLIENT_CERTIFICATE);
    const name = frames.slice(at, at + 2).join(" → ");
    const site = sites.get(name) ?? { site: name, bytes: 0, allocations: 0 };
    sites.set(name, site);
    return site;
  };
  each(left, (frames, stack, bytes) => {
    siteOf(frames).bytes += bytes;
    handshakeBytes += bytes;
    if (X509_STRUCT.test(stack)) x509.bytes += bytes;
  });
  each(made, (frames, stack, allocations) => {
    siteOf(frames).allocations += allocations;
    if (X509_STRUCT.test(stack)) x509.allocations += allocations;
  });
  const shown = [...sites.values()].filter(({ bytes }) => bytes > Math.max(SITE_MIN_BYTES, handshakeBytes / 100));
  return { handshakeBytes, sites: shown.toSorted((a, b) => b.bytes - a.bytes), x509 };
}
