/**
 * By which the object tells its sockets apart when it wakes: the station's has no tag, as in older releases. Must not know either.
 */

/** The CSMS's own socket. */
export const LINK_TAG = "csms";

export const stationSockets = (object: DurableObjectState): WebSocket[] =>
  object.getWebSockets().filter((socket) => !object.getTags(socket).includes(LINK_TAG));
