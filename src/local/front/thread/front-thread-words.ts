/**
 * What the edge and the thread of its fronts tell each other. Must not know what either makes of it.
 */
import type { FrontPki, FrontPorts } from "../fronts.ts";

/** All that the thread is given at its start. */
export interface FrontThreadData {
  /** The edge's folder, and in it one a workerd. */
  dir: string;
  folders: readonly string[];
  /** Without it the Worker's state is elsewhere, and goes with the edge. */
  isPersistent: boolean;
  listen: FrontPorts;
  secret: string;
  /** Files that this process may open. */
  descriptors: number;
  /** Sockets that a workerd may have. */
  socketsMax: number;
  /** Not the keys of its CAs; the list of revocations by its file. */
  pki: Omit<FrontPki, "revocations"> & { revoked: { path: string; issuerKeyId: string } };
  /** Of each workerd the port, as an Int32; 0: it has none yet. Read at each request, since a crash brings another. */
  upstreams: SharedArrayBuffer;
}

export type ToFrontThread =
  /** All workerd processes run: from now on the folder is in use. */
  | { kind: "running" }
  /** @param wasWhole the edge has run: what a first use leaves in its folder is to be there */
  | { kind: "close"; wasWhole: boolean };

export type FromFrontThread =
  | { kind: "listening"; ports: readonly [http: number, tls: number, mtls: number] }
  | { kind: "failed"; error: unknown }
  | { kind: "log"; line: string; level: "warn" | "error" }
  /** A workerd has all the sockets that it may have, and a station was refused; at most once a minute. */
  | { kind: "full" }
  /** The folder was removed: nothing that is acknowledged from now on would be kept. */
  | { kind: "lost"; reason: string }
  /** Whatever happens to the folder is noticed from now on. */
  | { kind: "watching" }
  | { kind: "closed" };
