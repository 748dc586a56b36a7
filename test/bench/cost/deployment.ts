/**
 * What wrangler.toml says that the bill depends on: batches of the queue, and how much is logged. Must not know prices.
 */
import { join, resolve } from "node:path";
import { unstable_readConfig } from "wrangler";

export interface Deployment {
  batchMessages: number;
  batchSeconds: number;
  /** Share of the invocations whose lines are kept. */
  headSampling: number;
  /** Share of the invocations that are themselves an event. */
  invocationLogs: number;
}

interface Observability {
  enabled?: boolean;
  head_sampling_rate?: number;
  logs?: { enabled?: boolean; head_sampling_rate?: number; invocation_logs?: boolean };
}

interface WranglerConfig {
  queues: { consumers?: { max_batch_size?: number; max_batch_timeout?: number }[] };
  observability?: Observability | undefined;
}

export function readDeployment(file = join(resolve(import.meta.dirname, "../../.."), "wrangler.toml")): Deployment {
  const { queues, observability }: WranglerConfig = unstable_readConfig({ config: file }, { hideWarnings: true });
  const [consumer] = queues.consumers ?? [];
  return {
    batchMessages: consumer?.max_batch_size ?? 10,
    batchSeconds: consumer?.max_batch_timeout ?? 5,
    ...loggingOf(observability ?? {}),
  };
}

export function loggingOf({ enabled = false, head_sampling_rate: sampling, logs = {} }: Observability) {
  const isOn = logs.enabled ?? enabled;
  const headSampling = isOn ? (logs.head_sampling_rate ?? sampling ?? 1) : 0;
  return { headSampling, invocationLogs: logs.invocation_logs === false ? 0 : headSampling };
}
