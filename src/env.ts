/**
 * The bindings of wrangler.toml that are objects. What is text is a setting, and read through `config.ts` alone.
 */
import type { WebhookRegistry } from "./webhooks/webhook-registry.ts";
import type { FleetMessage } from "./fleet/transition.ts";

export interface Env {
  /** Its objects are called through `station-stub.ts`. */
  STATION: DurableObjectNamespace;
  WEBHOOKS: DurableObjectNamespace<WebhookRegistry>;
  /** Its objects are called through `fleet/campaigns/campaign-stub.ts`. */
  CAMPAIGNS: DurableObjectNamespace;
  DIRECTORY: D1Database;
  /** The directories of further stations, where a local edge of several workerd processes has one each. */
  OTHER_DIRECTORIES?: readonly D1Database[];
  TRANSITIONS: Queue<FleetMessage>;
  CONNECT_BY_STATION: RateLimit;
  CONNECT_BY_ADDRESS: RateLimit;
  /** The backend as a service binding, in place of CSMS_URL. */
  CSMS?: Fetcher;
  /** The way to who signs stations' certificates, for CERTIFICATE_ISSUER local and est. */
  ISSUER?: Fetcher;
  /** The same events as the webhooks get. */
  EVENTS?: Queue;
  /** The same figures as /metrics has. */
  METRICS?: AnalyticsEngineDataset;
  /** Files that are served as they are; absent where none were built. */
  ASSETS?: Fetcher;
}
