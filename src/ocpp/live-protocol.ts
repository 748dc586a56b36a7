/**
 * What an observer's socket is called, and how it says where it goes on. Must not know who comes by it.
 */

export const LIVE_PROTOCOL = "kerbside.live.v1";
/** `sequence.epoch.number`, or a sequence alone. */
export const LIVE_CURSOR = /^(\d{1,15})(?:\.([0-9a-f]{8})\.(\d{1,15}))?$/;
