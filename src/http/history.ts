/**
 * /v1/stations/{id}/messages and /connections: what was. Must not know how a station's object keeps it.
 */
import type { Handlers } from "./call.ts";
import { unknownStation } from "./problem.ts";
import { registeredStation } from "./registered-station.ts";

export const historyHandlers: Handlers<"listMessages" | "listConnections"> = {
  async listMessages({ c, key, query }) {
    const asked = query();
    const isMasked = !key.scopes.includes("messages:unmasked");
    const page = await (await registeredStation(c)).listMessages({ ...asked, isMasked });
    if (page === null) throw unknownStation();
    return c.json(page);
  },

  async listConnections({ c }) {
    const connections = await (await registeredStation(c)).listConnections();
    if (connections === null) throw unknownStation();
    return c.json({ connections });
  },
};
