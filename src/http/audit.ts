/**
 * /v1/audit: who did what. Must not know who writes it, nor how it is kept.
 */
import { listAudit } from "../fleet/audit-list.ts";
import type { Handlers } from "./call.ts";

export const auditHandlers: Handlers<"listAudit"> = {
  listAudit({ c, query, within }) {
    const { before = null, after = null, actor = null, stationId = null, limit } = query();
    const wanted = { before, after, actor, stationId, limit };
    return within(async (reach) => c.json(await listAudit(c.env.DIRECTORY, reach, wanted)));
  },
};
