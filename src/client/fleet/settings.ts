/**
 * What a deployment runs with, as Kerbside answers it. Must not know how requests travel.
 */
import type { KeyView } from "../key.ts";

export interface Setting {
  name: string;
  /** What holds, set or not; `null`: it is not told, or there is none. Of an address its origin. */
  value: string | number | boolean | string[] | null;
  isSet: boolean;
  /** No more is told than whether it is set. */
  isSecret: boolean;
}

export interface Settings {
  version: string;
  settings: Setting[];
  /** Whether `CSMS`, `EVENTS`, `METRICS` and `ASSETS` are bound. */
  bindings: Record<string, boolean>;
  keys: Omit<KeyView, "kind">[];
}
