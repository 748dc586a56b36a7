/**
 * A local edge as a server of the comparison, with Kerbside's Worker or with another one. Must not know what is measured.
 */
import { startEdge } from "../../../src/local/edge.ts";
import { serve } from "./serve.ts";

export interface EdgeServerOptions {
  dir: string;
  workerds: number;
  entry?: string;
  env?: Record<string, string>;
}

const options = JSON.parse(process.argv[2] ?? "{}") as EdgeServerOptions;
const edge = await startEdge({
  ...options,
  // A refused attempt would be measured as a fast one.
  connectsPerStation: 999_999,
  connectsPerAddress: 999_999_999,
  log: () => {},
  ownSignals: true,
});
serve({ port: edge.port, apiKey: edge.apiKey }, () => edge.stop());
