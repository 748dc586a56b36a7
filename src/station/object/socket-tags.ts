/**
 * By which the object tells its sockets apart when it wakes: the station's has no tag, as in older releases. Must not know either.
 */

/** The CSMS's own socket. */
export const LINK_TAG = "csms";

/** Of who watches the station. */
export const LIVE_TAG = "live";

export const stationSockets = (object: DurableObjectState): WebSocket[] =>
  object.getWebSockets().filter((socket) => object.getTags(socket).length === 0);
