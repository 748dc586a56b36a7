/**
 * Why a station is refused before the upgrade, and the one exhaustive map from reason to wire: precise for the log,
 * vague to who asks. Must not know how a reason was found.
 */

export type RefusalReason =
  | "not-an-upgrade"
  | "illegal-identity"
  | "not-registered"
  | "credentials-missing"
  | "credentials-malformed"
  | "user-is-not-the-station"
  | "password-wrong"
  | "no-password-registered"
  | "certificate-missing"
  | "certificate-unverified"
  | "certificate-expired"
  | "certificate-revoked"
  | "certificate-issuer-not-allowed"
  | "certificate-unreadable"
  | "certificate-of-another-station"
  | "certificate-retired"
  | "profile-too-low"
  | "too-many-attempts"
  | "unreachable"
  | "no-common-subprotocol";

export interface RefusalOnWire {
  status: number;
  /** The slug behind /problems/. */
  slug: string;
  title: string;
  detail: string;
  headers?: Record<string, string>;
}

const UPGRADE: RefusalOnWire = {
  status: 426,
  slug: "upgrade-required",
  title: "Upgrade Required",
  detail: "This address takes OCPP WebSockets only.",
  headers: { Upgrade: "websocket", Connection: "Upgrade" },
};
const IDENTITY: RefusalOnWire = {
  status: 400,
  slug: "illegal-identity",
  title: "Bad Request",
  detail: "The path does not name a legal Charging Station identity.",
};
const UNKNOWN: RefusalOnWire = {
  status: 404,
  slug: "station-not-found",
  title: "Not Found",
  detail: "No such Charging Station.",
};
const CREDENTIALS: RefusalOnWire = {
  status: 401,
  slug: "unauthorized",
  title: "Unauthorized",
  detail: "Valid credentials are required.",
  headers: { "WWW-Authenticate": 'Basic realm="ocpp"' },
};
const FORBIDDEN: RefusalOnWire = {
  status: 403,
  slug: "forbidden",
  title: "Forbidden",
  detail: "This connection is not allowed.",
};
const ATTEMPTS: RefusalOnWire = {
  status: 429,
  slug: "too-many-attempts",
  title: "Too Many Requests",
  detail: "Too many connection attempts. Try again later.",
  headers: { "Retry-After": "60" },
};
const UNREACHABLE: RefusalOnWire = {
  status: 503,
  slug: "unavailable",
  title: "Service Unavailable",
  detail: "The decision cannot be made now. Try again later.",
  headers: { "Retry-After": "10" },
};
const SUBPROTOCOL: RefusalOnWire = {
  status: 400,
  slug: "no-common-subprotocol",
  title: "Bad Request",
  detail: "None of the offered subprotocols is accepted.",
};

export function refusalOnWire(reason: RefusalReason): RefusalOnWire {
  switch (reason) {
    case "not-an-upgrade":
      return UPGRADE;
    case "illegal-identity":
      return IDENTITY;
    case "not-registered":
      return UNKNOWN;
    case "credentials-missing":
    case "credentials-malformed":
    case "user-is-not-the-station":
    case "password-wrong":
    case "no-password-registered":
      return CREDENTIALS;
    case "certificate-missing":
    case "certificate-unverified":
    case "certificate-expired":
    case "certificate-revoked":
    case "certificate-issuer-not-allowed":
    case "certificate-unreadable":
    case "certificate-of-another-station":
    case "certificate-retired":
    case "profile-too-low":
      return FORBIDDEN;
    case "too-many-attempts":
      return ATTEMPTS;
    case "unreachable":
      return UNREACHABLE;
    case "no-common-subprotocol":
      return SUBPROTOCOL;
    default:
      return ofLater(reason);
  }
}

/** Every reason is mapped above; an object of a newer release may know another. */
const ofLater = (_: never): RefusalOnWire => UNREACHABLE;

/** What stands behind "refused: " for people. */
const WORDS: Readonly<Record<RefusalReason, string>> = {
  "not-an-upgrade": "no WebSocket upgrade",
  "illegal-identity": "identity not legal",
  "not-registered": "not registered",
  "credentials-missing": "no password sent",
  "credentials-malformed": "credentials unreadable",
  "user-is-not-the-station": "user name not the station's",
  "password-wrong": "password wrong",
  "no-password-registered": "no password registered",
  "certificate-missing": "no certificate shown",
  "certificate-unverified": "certificate not trusted",
  "certificate-expired": "certificate expired",
  "certificate-revoked": "certificate revoked",
  "certificate-issuer-not-allowed": "certificate of an issuer that is not allowed",
  "certificate-unreadable": "certificate unreadable",
  "certificate-of-another-station": "certificate of another station",
  "certificate-retired": "certificate that another one has taken the place of",
  "profile-too-low": "security profile too low",
  "too-many-attempts": "too many attempts",
  unreachable: "could not be decided",
  "no-common-subprotocol": "no common OCPP version",
};

/** @param reason as it was kept, which a newer release may have done: it speaks for itself then */
export const refusalWords = (reason: string): string =>
  Object.hasOwn(WORDS, reason) ? WORDS[reason as RefusalReason] : reason.replaceAll("-", " ");
