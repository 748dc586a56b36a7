/**
 * The stations that the attackers ask for: some whose proof they have, some (the witnesses) whose proof they never have. Must not
 * know how they ask.
 */
import type { Pki } from "../../src/local/pki/pki.ts";
import type { Transport } from "../support/transports.ts";

/** What an attack needs to know of a local edge, in this process or in another. */
export interface Place {
  ports: Record<Transport, number>;
  rootPem: string;
  pki: Pki;
  register(id: string, registration: Record<string, unknown>): Promise<void>;
}

export interface Target {
  id: string;
  securityProfile: 0 | 1 | 2 | 3;
  password: string | null;
}

const SECRET = "fuzzed and well kept";

/** Whose password or certificate the attackers hold. */
export const OWN: readonly Target[] = [
  { id: "FUZZ-0", securityProfile: 0, password: null },
  { id: "FUZZ-1", securityProfile: 1, password: SECRET },
  { id: "FUZZ 1+|@", securityProfile: 1, password: `${SECRET}:` },
  { id: "FUZZ-2", securityProfile: 2, password: SECRET },
  { id: "FUZZ-3", securityProfile: 3, password: null },
];

/** Connected all along; nothing that the attackers hold lets anybody in as one of them, which would end its connection. */
export const WITNESSES: readonly (Target & { transport: Transport })[] = [
  { id: "WITNESS-1", securityProfile: 1, password: "a witness keeps its own", transport: "http" },
  { id: "WITNESS-2", securityProfile: 2, password: "a witness keeps its own", transport: "tls" },
  { id: "WITNESS-3", securityProfile: 3, password: null, transport: "mtls" },
];

export const TARGETS: readonly Target[] = [...OWN, ...WITNESSES];
export const UNREGISTERED = "FUZZ-UNKNOWN";

export async function registerTargets(place: Place): Promise<void> {
  for (const { id, securityProfile, password } of TARGETS) {
    await place.register(id, { securityProfile, ...(password !== null && { password }) });
  }
}
