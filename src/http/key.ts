/**
 * /v1/key: what the key that asks is, or whom Access let in, for who signs in with it. Must not show a key or its hash, nor any other key.
 */
import type { Handlers } from "./call.ts";

export const keyHandlers: Handlers<"getKey"> = {
  getKey({ c, key: { name, kind, scopes, stations = null } }) {
    return c.json({ name, kind, scopes, stations });
  },
};
