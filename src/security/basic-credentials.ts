/**
 * HTTP Basic as Charging Stations send it: user and raw password bytes. Must not know any station's password.
 */

export interface BasicCredentials {
  user: string;
  /** One character a byte (Latin-1), since a 1.6 AuthorizationKey need not be UTF-8. */
  password: string;
}

/** [RFC 7617, OCPP 2.x A00.FR.204] Splits at the first colon. `null`: no Basic credentials that can be read. */
export function parseBasic(header: string | null): BasicCredentials | null {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return null;
  let decoded: string;
  try {
    decoded = atob(encoded);
  } catch {
    return null;
  }
  const colon = decoded.indexOf(":");
  return colon < 0 ? null : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
