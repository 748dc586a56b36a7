/**
 * Who answers for a station. Must not know how they are reached.
 */

/** `link`: its own socket and nobody else; `http`: CSMS_URL or the binding; `standalone`: the built-in answers. */
export const CSMS_KINDS = ["link", "http", "standalone"] as const;
export type CsmsKind = (typeof CSMS_KINDS)[number];
