/**
 * /v1/newcomers: who knocked and is not registered. Must not know how they are kept, and wakes no object.
 */
import { listNewcomers } from "../fleet/newcomers.ts";
import type { Handlers } from "./call.ts";

export const newcomerHandlers: Handlers<"listNewcomers"> = {
  async listNewcomers({ c, query, within }) {
    const { limit, cursor = null } = query();
    return within(async (reach) => {
      // Who is not registered has no labels by which it would be inside.
      if (reach !== "all" && "label" in reach) return c.json({ newcomers: [], cursor: null });
      const prefix = reach === "all" ? null : reach.prefix;
      return c.json(await listNewcomers(c.env.DIRECTORY, { limit, cursor, prefix }));
    });
  },
};
