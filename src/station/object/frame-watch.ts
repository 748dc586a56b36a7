/**
 * Who looks on at what a station says and is told, while anybody does. Must not know who that is.
 */
import type { EventType } from "../../delivery/event.ts";

/** Costs the station nothing but its time, and never throws. */
export interface FrameWatch {
  frame(direction: "in" | "out", frame: string | ArrayBuffer): void;
  /** An event was appended to the log. */
  event(type: EventType, sequence: number, data: unknown): void;
  /** What must ride with the station's socket for it. */
  readonly kept: string;
}
