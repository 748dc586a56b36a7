/**
 * /v1/newcomers: who knocked and is not registered. Must not know how they are kept, and wakes no object.
 */
import { listNewcomers } from "../fleet/newcomers.ts";
import type { Handlers } from "./call.ts";

export const newcomerHandlers: Handlers<"listNewcomers"> = {
  async listNewcomers({ c, query }) {
    const { limit, cursor = null } = query();
    return c.json(await listNewcomers(c.env.DIRECTORY, { limit, cursor, prefix: null }));
  },
};
