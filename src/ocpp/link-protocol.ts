/**
 * The subprotocol of the CSMS's own socket. Must not know what travels on it.
 */

/** [interface.md §2] */
export const LINK_PROTOCOL = "kerbside.csms.v1";
