/**
 * What each operation answers: one without an entry does not compile. Must not know how a description is written.
 */
import type { OperationId } from "../routes/table.ts";
import type { Answers } from "./answer.ts";
import { auditAnswers } from "./audit.ts";
import { campaignAnswers } from "./campaigns.ts";
import { commandAnswers } from "./commands.ts";
import { historyAnswers } from "./history.ts";
import { keyAnswers } from "./key.ts";
import { newcomerAnswers } from "./newcomers.ts";
import { operationAnswers } from "./operations.ts";
import { problemAnswers } from "./problems.ts";
import { seriesAnswers } from "./series.ts";
import { settingsAnswers } from "./settings.ts";
import { stationListAnswers } from "./station-list.ts";
import { pkiAnswers } from "./pki.ts";
import { stationOperationAnswers } from "./station-operations.ts";
import { stationAnswers } from "./stations.ts";
import { webhookAnswers } from "./webhooks.ts";

export const ANSWERS = {
  ...operationAnswers,
  ...seriesAnswers,
  ...problemAnswers,
  ...settingsAnswers,
  ...keyAnswers,
  ...stationListAnswers,
  ...stationAnswers,
  ...stationOperationAnswers,
  ...commandAnswers,
  ...historyAnswers,
  ...webhookAnswers,
  ...newcomerAnswers,
  ...pkiAnswers,
  ...auditAnswers,
  ...campaignAnswers,
} as const satisfies Record<OperationId, Answers>;
