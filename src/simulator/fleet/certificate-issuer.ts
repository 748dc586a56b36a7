/**
 * Client certificates for stations, ordered from a few threads. Must not know how a certificate is made.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { CertificateOrder, IssuedCertificate } from "./certificate-worker.ts";
import type { FleetStatistics } from "./statistics.ts";

/** More than the edge can take handshakes from; each thread has a heap of its own. */
const THREADS_MAX = 2;

export class CertificateIssuer {
  readonly #workers: Worker[] = [];
  readonly #open = new Map<number, (issued: IssuedCertificate) => void>();
  readonly #sharedKey: boolean;
  readonly #statistics: FleetStatistics;
  #ordered = 0;

  constructor(sharedKey: boolean, statistics: FleetStatistics) {
    this.#sharedKey = sharedKey;
    this.#statistics = statistics;
  }

  /** From the PKI in `dir`. */
  async issue(dir: string, stationId: string): Promise<{ cert: string; key: string }> {
    if (this.#workers.length === 0) this.#start();
    const { promise, resolve } = Promise.withResolvers<IssuedCertificate>();
    const number = this.#ordered++;
    this.#open.set(number, resolve);
    const order: CertificateOrder = { number, dir, stationId };
    this.#workers[number % this.#workers.length]?.postMessage(order);
    const { cert, key, ms, error } = await promise;
    if (error !== undefined) throw new Error(`no certificate for ${stationId}: ${error}`);
    this.#statistics.certificates++;
    this.#statistics.certificatesMs += ms / this.#workers.length;
    return { cert, key };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
    this.#fail("stopped");
  }

  #start(): void {
    for (let n = 0; n < Math.min(THREADS_MAX, availableParallelism()); n++) {
      const worker = new Worker(new URL("./certificate-worker.ts", import.meta.url), {
        workerData: { sharedKey: this.#sharedKey },
      });
      worker.on("message", (issued: IssuedCertificate) => {
        const settle = this.#open.get(issued.number);
        this.#open.delete(issued.number);
        settle?.(issued);
      });
      worker.on("error", (error: Error) => this.#fail(error.message));
      this.#workers.push(worker);
    }
  }

  #fail(error: string): void {
    for (const [number, settle] of this.#open) settle({ number, cert: "", key: "", ms: 0, error });
    this.#open.clear();
  }
}
