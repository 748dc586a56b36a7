/**
 * The registration of one station: made, replaced, shown. Must not know sockets; nothing secret ever leaves it.
 */
import type { Registration } from "../security/admission.ts";
import { generatePassword, hashPassword } from "../security/password.ts";
import type { StationContext } from "./context.ts";
import type { StoredRegistration } from "./store.ts";

/** What a PUT asks for; what it leaves out is reset, but for the password: it is kept unless a new one comes. */
export interface RegisterRequest {
  securityProfile: Registration["securityProfile"];
  password?: string;
  certificate?: Partial<Registration["certificate"]>;
  protocols: Registration["protocols"];
  assumeProtocol: boolean;
  validation?: "strict" | "lenient";
  locationHint?: string;
  labels: Record<string, string>;
}

export interface RegistrationView {
  stationId: string;
  securityProfile: number;
  hasPassword: boolean;
  certificate: Registration["certificate"];
  protocols: string[];
  assumeProtocol: boolean;
  validation?: "strict" | "lenient";
  locationHint?: string;
  labels: Record<string, string>;
}

export interface Registered {
  created: boolean;
  registration: RegistrationView;
  /** The generated password, shown this once. */
  password?: string;
}

/** Takes `"generate"` for a password to make one. `"password-required"`: profile 1 or 2 and none is known. */
export async function register(
  context: StationContext,
  request: RegisterRequest,
): Promise<Registered | "password-required"> {
  const { password, certificate, ...rest } = request;
  const generated = password === "generate" ? generatePassword() : undefined;
  const plain = generated ?? password;
  const hash =
    plain === undefined
      ? null
      : await hashPassword(new TextEncoder().encode(plain), generated === undefined ? "chosen" : "generated");
  const known = context.store.fact("registration");
  const kept = hash ?? known?.password ?? null;
  if ((rest.securityProfile === 1 || rest.securityProfile === 2) && kept === null) return "password-required";
  context.store.create();
  const stored: StoredRegistration = {
    ...rest,
    password: kept,
    certificate: { commonName: context.id, ...certificate },
    incarnation: known?.incarnation ?? crypto.randomUUID(),
  };
  context.store.setFact("registration", stored);
  return {
    created: known === undefined,
    registration: viewRegistration(context.id, stored),
    ...(generated !== undefined && { password: generated }),
  };
}

export function viewRegistration(stationId: string, stored: StoredRegistration): RegistrationView {
  const { password, incarnation: _, floor: __, ...shown } = stored;
  return { stationId, hasPassword: password !== null, ...shown };
}
