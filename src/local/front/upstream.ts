/**
 * A workerd process as a front sees it. Must not know what is sent to it.
 */
import type { UpgradeGate } from "./upgrade-gate.ts";

export interface Upstream {
  /** Its port, once it has one. */
  port: () => number | undefined;
  gate: UpgradeGate;
}
