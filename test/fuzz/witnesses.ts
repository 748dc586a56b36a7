/**
 * The well-behaved stations of an attack, as whoever attacks has them: started, told of each phase, and heard at the end. Must not
 * know the attack.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { issueStationCertificate } from "../../src/local/pki/station-certificate.ts";
import type { StationOptions } from "../support/test-station.ts";
import { type Place, WITNESSES } from "./targets.ts";
import type { Testimony, ToWitness } from "./witness-process.ts";

export async function witnessOptions(place: Place): Promise<Record<string, StationOptions>> {
  const made = WITNESSES.map(async ({ id, transport, password }) => {
    const url = `${transport === "http" ? "ws" : "wss"}://localhost:${place.ports[transport]}/ocpp/${id}`;
    const { cert, key } = await issueStationCertificate(place.pki, { stationId: id });
    const socket = { ca: place.rootPem, ...(transport === "mtls" && { cert, key }) };
    return [transport, { url, socket, ...(password !== null && { user: id, password }) }] as const;
  });
  return Object.fromEntries(await Promise.all(made));
}

export class Witnesses {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(place: Place): Promise<Witnesses> {
    const child = fork(join(import.meta.dirname, "witness-process.ts"));
    const witnesses = new Witnesses(child);
    witnesses.#tell({ stations: await witnessOptions(place) });
    await once(child, "message");
    return witnesses;
  }

  phase(phase: string): void {
    this.#tell({ phase });
  }

  /** What they have to say; they are gone then. */
  async heard(): Promise<Testimony> {
    this.#tell({ phase: null });
    const [testimony] = (await once(this.#child, "message")) as [Testimony];
    return testimony;
  }

  #tell(message: ToWitness): void {
    this.#child.send(message);
  }
}

/** ms: what 99 of 100 were not longer than. */
export function p99(latencies: readonly number[]): number {
  const sorted = [...latencies].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil(sorted.length * 0.99) - 1, 0)] ?? Number.NaN;
}
