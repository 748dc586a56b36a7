/**
 * /v1/key: what the key that asks is, for who signs in with it. Must not show a key or its hash, nor any other key.
 */
import type { Handlers } from "./call.ts";

export const keyHandlers: Handlers<"getKey"> = {
  getKey({ c, key: { name, scopes, stations = null } }) {
    return c.json({ name, kind: "key", scopes, stations });
  },
};
