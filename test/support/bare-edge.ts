/**
 * A local edge with an echo in the Worker's place, for tests of what stands before the Worker; and what one test of a file
 * starts or makes, ended after it. Must not know what a test expects.
 */
import { join } from "node:path";
import { afterEach } from "vitest";
import { type Edge, type EdgeOptions, startEdge } from "../../src/local/edge.ts";
import { temporaryFolder } from "./edge-client.ts";
import { LocalEdge } from "./local-edge.ts";

const ECHO_WORKER = join(import.meta.dirname, "echo-worker.js");

export interface BareEdge {
  edge: Edge;
  /** What a client trusts, PEM. */
  ca: string;
  stop: () => Promise<void>;
}

export async function startBareEdge(options: Partial<EdgeOptions> = {}): Promise<BareEdge> {
  const folder = temporaryFolder();
  const edge = await startEdge({ dir: folder.dir, entry: ECHO_WORKER, persist: false, ...options });
  return {
    edge,
    ca: edge.pki.rootPem,
    stop: async () => {
      await edge.stop();
      folder.remove();
    },
  };
}

/** The last first. */
export class EndedAfterEach {
  readonly #cleanups: (() => unknown)[] = [];

  constructor() {
    afterEach(async () => {
      for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
    });
  }

  push(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  newFolder(): string {
    const folder = temporaryFolder();
    this.push(folder.remove);
    return folder.dir;
  }

  async startEdge(options: EdgeOptions): Promise<Edge> {
    const edge = await startEdge(options);
    this.push(() => edge.stop());
    return edge;
  }

  startBareEdge(options: Partial<EdgeOptions> = {}): Promise<Edge> {
    return this.startEdge({ dir: this.newFolder(), entry: ECHO_WORKER, ...options });
  }

  startProcess(dir: string, env: Record<string, string> = {}): LocalEdge {
    const edge = new LocalEdge(dir, env);
    // Told to, it ends its workerd, which a killed one would leave behind.
    this.push(() => edge.kill("SIGTERM"));
    return edge;
  }
}
