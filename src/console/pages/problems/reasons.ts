/**
 * Why somebody is refused, and what a station reports, in words, with what to do about it. Must not know who it is about.
 */
export interface Reason {
  words: string;
  /** What whoever is on call does. */
  remedy: string;
}

const REASONS: Readonly<Record<string, Reason>> = {
  "not-registered": { words: "Not registered", remedy: "Register it, or ask whose it is." },
  "credentials-missing": { words: "No password shown", remedy: "Set the password in the station." },
  "credentials-malformed": {
    words: "Basic credentials that cannot be read",
    remedy: "Look at the station's firmware.",
  },
  "user-is-not-the-station": { words: "Another user than the station's id", remedy: "Set the id as the user." },
  "password-wrong": { words: "Wrong password", remedy: "Set it anew on both sides: a password rotation does." },
  "no-password-registered": { words: "No password registered", remedy: "Give the registration one." },
  "certificate-missing": { words: "No client certificate", remedy: "Install one, or let it connect by profile 2." },
  "certificate-unverified": {
    words: "Certificate of no CA that is trusted",
    remedy: "Look at its chain and STATION_CAS.",
  },
  "certificate-expired": { words: "Certificate expired", remedy: "Renew it: by profile 2 meanwhile." },
  "certificate-revoked": { words: "Certificate revoked", remedy: "Give it another one, if it is to come back." },
  "certificate-issuer-not-allowed": {
    words: "Certificate of a CA that is not allowed",
    remedy: "Look at CLIENT_CA_SKIS.",
  },
  "certificate-unreadable": { words: "Certificate that cannot be read", remedy: "Issue it anew." },
  "certificate-of-another-station": { words: "Certificate of another station", remedy: "Look which one it has." },
  "certificate-retired": { words: "An older certificate than its newest", remedy: "Look whether the key was copied." },
  "profile-too-low": {
    words: "Below its security profile",
    remedy: "Raise the station's, or lower the registered one.",
  },
  "too-many-attempts": { words: "Too many attempts", remedy: "It hammers: look at its configuration." },
  unreachable: { words: "Could not be decided", remedy: "It is let try again; look at the log." },
  "no-common-subprotocol": { words: "No OCPP version in common", remedy: "Look at PROTOCOLS and the registration." },
  "illegal-identity": { words: "An identity that is none", remedy: "Look at the address in the station." },
  "not-an-upgrade": { words: "No WebSocket", remedy: "Somebody looked with a browser." },
};

/** A newer release may know more of them. */
export const reasonOf = (reason: string): Reason => REASONS[reason] ?? { words: spoken(reason), remedy: "" };

const EVENTS: Readonly<Record<string, Reason>> = {
  "malformed-frame": { words: "Malformed frame", remedy: "What it sent is in its history." },
  "too-many-frames": { words: "Too many frames", remedy: "Its connection was closed." },
  "certificate-revoked": { words: "Certificate revoked", remedy: "Its connection was closed." },
  "certificate-expired": { words: "Certificate expired", remedy: "Its connection was closed." },
};

export const eventOf = (kind: string): Reason => EVENTS[kind] ?? { words: spoken(kind), remedy: "" };

const spoken = (name: string): string => {
  const words = name.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};
