/**
 * The registration of one station: made, replaced, shown. Must not know sockets; nothing secret ever leaves it.
 */
import type { Subscriptions } from "../../delivery/outbox.ts";
import { registeredAnew } from "../../security/certificate/succession.ts";
import { lackingLabels } from "../../security/fleet-part.ts";
import { generatePassword, hashPassword, passwordMatches, type PasswordHash } from "../../security/password.ts";
import { formerOnes, PASSWORDS_MAX } from "../../security/password-succession.ts";
import { admissionRevision } from "../../security/registration-change.ts";
import { isLinked, LINK } from "../delivery/sinks.ts";
import type { StationContext } from "../object/context.ts";
import type { Registered, RegisterRequest, RegistrationView } from "../station-rpc.ts";
import type { StoredRegistration } from "../storage/facts.ts";

export interface RegisterPort {
  /** Called in the turn in which a registration is replaced. */
  changed: (before: StoredRegistration, after: StoredRegistration) => void;
  /** Asked for a new registration: its first sequence must be behind all that any before it had, also one the storage forgot. */
  floorOf: () => Promise<number>;
}

/**
 * Takes `"generate"` for a password to make one. `"password-required"`: profile 1 or 2 and none is known.
 * @param webhooks that there are, `null` where that is not known: all events of a new registration are for them
 */
export async function register(
  context: StationContext,
  request: RegisterRequest,
  { changed, floorOf }: RegisterPort,
  webhooks: Subscriptions | null,
): Promise<Registered | "password-required" | "outside"> {
  const { password, passwordOverlap, certificate } = request;
  const rest = plainSettings(request);
  const generated = password === "generate" ? generatePassword() : undefined;
  const plain = generated ?? password;
  const bytes = plain === undefined ? null : new TextEncoder().encode(plain);
  const made = bytes && (await hashPassword(bytes, generated === undefined ? "chosen" : "generated"));
  const again = bytes && passwordOverlap !== false ? await counting(bytes, context.store.fact("registration")) : null;
  const isNew = () => context.store.fact("registration") === undefined;
  const isLacking = () => (made ?? context.store.fact("registration")?.password ?? null) === null;
  const needsPassword = rest.securityProfile === 1 || rest.securityProfile === 2;
  if (needsPassword && isLacking()) return "password-required";
  // What is known here may be of an older one alone: the rest was forgotten when its last events were delivered.
  const floor = isNew() ? await floorOf() : 0;
  // Meanwhile it may have been registered, or deregistered: what counts is what is now.
  if (needsPassword && isLacking()) return "password-required";
  const known = context.store.fact("registration");
  // Moved meanwhile: whoever asks was inside when they were let through.
  if (known !== undefined && lackingLabels(request.within ?? "all", known.labels).length > 0) return "outside";
  const isSaidAgain =
    known !== undefined && again !== null && inSuccession(known).some(({ hash }) => hash === again.hash);
  const hash = isSaidAgain ? null : made;
  const former = formerPasswords(known, hash !== null, passwordOverlap, context.store.fact("operation") !== undefined);
  const lastUsed = context.store.fact("certificate")?.fingerprint ?? null;
  const anew = known === undefined ? {} : registeredAnew(known, certificate?.fingerprints, lastUsed);
  const wanted = {
    ...rest,
    password: hash ?? known?.password ?? null,
    ...former,
    ...(anew.issued !== undefined && { issued: anew.issued }),
    certificate: {
      ...{ commonName: context.id, ...certificate },
      ...(anew.fingerprints !== undefined && { fingerprints: anew.fingerprints }),
    },
  };
  const changes = known === undefined ? 0 : admissionRevision(known, wanted);
  const stored: StoredRegistration = {
    ...wanted,
    // Left out where it is 0: rows of older releases are to be the same.
    ...(changes > 0 && { admissionRevision: changes }),
    incarnation: known?.incarnation ?? crypto.randomUUID(),
    floor: known === undefined ? Math.max(floor, context.furthest ?? 0) : (known.floor ?? 0),
    revision: known?.revision ?? 0,
  };
  if (known === undefined) context.beginRegistration(stored, webhooks);
  else if (JSON.stringify(known) !== JSON.stringify(stored)) {
    context.store.setFact("registration", { ...stored, revision: (stored.revision ?? 0) + 1 });
  }
  // What was there before it was to be a link is no CSMS's.
  if (isLinked(context)) context.eventLog.join(LINK);
  if (known !== undefined) changed(known, stored);
  return {
    created: known === undefined,
    changed: known === undefined ? [] : changedNames(known, stored),
    registration: viewRegistration(context.id, stored),
    ...(generated !== undefined && { password: generated }),
  };
}

/** While one takes the place of another: which of them this is. Its backend says its registration again, and locks nobody out. */
async function counting(password: Uint8Array, known: StoredRegistration | undefined): Promise<PasswordHash | null> {
  for (const each of known === undefined ? [] : inSuccession(known)) {
    if (await passwordMatches(password, each)) return each;
  }
  return null;
}

const inSuccession = (known: StoredRegistration): readonly PasswordHash[] => {
  const former = formerOnes(known);
  return former.length === 0 || known.password === null ? former : [known.password, ...former];
};

/** By name alone: of some the value is a secret. */
function changedNames(before: StoredRegistration, after: StoredRegistration): string[] {
  const told = ({ certificate, ...rest }: StoredRegistration): Record<string, unknown> => ({
    ...{
      password: rest.password,
      passwordOverlap: formerOnes(rest).length > 0 ? formerOnes(rest) : undefined,
      certificate,
    },
    ...plainSettings(rest),
  });
  const [old, now] = [told(before), told(after)];
  return Object.keys({ ...old, ...now }).filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
}

/**
 * While one overlaps already, the one that is not proven gives way: the one before is what the station has used.
 * @param isSent the station may have been told the one that is not proven, by an operation that is under way
 */
function formerPasswords(
  known: StoredRegistration | undefined,
  isNew: boolean,
  overlap: boolean | undefined,
  isSent: boolean,
): Pick<StoredRegistration, "formerPassword" | "formerPasswords"> {
  if (known === undefined || overlap === false || (isNew && overlap !== true)) return {};
  const formerPassword = known.formerPassword ?? (isNew ? (known.password ?? undefined) : undefined);
  if (formerPassword === undefined) return {};
  const before = known.formerPasswords ?? [];
  const isLeft = isNew && isSent && known.formerPassword !== undefined && known.password !== null;
  const between = isLeft ? [known.password as PasswordHash, ...before].slice(0, PASSWORDS_MAX - 2) : before;
  return { formerPassword, ...(between.length > 0 && { formerPasswords: between }) };
}

type PlainSettings = Pick<
  StoredRegistration,
  | "securityProfile"
  | "protocols"
  | "assumeProtocol"
  | "heartbeatIntervalSeconds"
  | "validation"
  | "csms"
  | "locationHint"
  | "labels"
>;

/** By name: what a newer release adds, to a request or to the row, may be a secret, and is neither kept nor shown. */
function plainSettings(given: PlainSettings): PlainSettings {
  const { securityProfile, protocols, assumeProtocol, labels } = given;
  const { heartbeatIntervalSeconds, validation, csms, locationHint } = given;
  return {
    securityProfile,
    protocols,
    assumeProtocol,
    ...(heartbeatIntervalSeconds !== undefined && { heartbeatIntervalSeconds }),
    ...(validation !== undefined && { validation }),
    ...(csms !== undefined && { csms }),
    ...(locationHint !== undefined && { locationHint }),
    labels,
  };
}

export function viewRegistration(stationId: string, stored: StoredRegistration): RegistrationView {
  const { password, formerPassword, certificate } = stored;
  const overlap = formerPassword !== undefined && { passwordOverlap: true as const };
  return { stationId, hasPassword: password !== null, ...overlap, certificate, ...plainSettings(stored) };
}
