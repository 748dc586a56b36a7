/**
 * The one table of routes, by operation id: what is mounted, guarded and described is what stands here. Must not know what answers.
 */
import { auditRoutes } from "./audit.ts";
import { campaignRoutes } from "./campaigns.ts";
import { commandRoutes } from "./commands.ts";
import { keyRoutes } from "./key.ts";
import { newcomerRoutes } from "./newcomers.ts";
import { historyRoutes } from "./history.ts";
import { operationRoutes } from "./operations.ts";
import { problemRoutes } from "./problems.ts";
import { seriesRoutes } from "./series.ts";
import { settingsRoutes } from "./settings.ts";
import { stationListRoutes } from "./station-list.ts";
import { pkiRoutes } from "./pki.ts";
import { stationOperationRoutes } from "./station-operations.ts";
import { stationRoutes } from "./stations.ts";
import { webhookRoutes } from "./webhooks.ts";

export const ROUTES = {
  ...operationRoutes,
  ...seriesRoutes,
  ...problemRoutes,
  ...settingsRoutes,
  ...keyRoutes,
  ...stationListRoutes,
  ...stationRoutes,
  ...stationOperationRoutes,
  ...commandRoutes,
  ...historyRoutes,
  ...webhookRoutes,
  ...newcomerRoutes,
  ...pkiRoutes,
  ...auditRoutes,
  ...campaignRoutes,
};
export type OperationId = keyof typeof ROUTES;
