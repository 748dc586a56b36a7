/**
 * Which time the curves of the page are of, as the address says it. Must not know the curves.
 */
export interface Span {
  key: string;
  title: string;
  hours: number;
  /** ms: minutes are asked for each minute, hours more seldom. */
  everyMs: number;
}

const MINUTES_EVERY_MS = 30_000;
const HOURS_EVERY_MS = 300_000;

/** Minutes are kept for a day. */
export const SPANS: readonly Span[] = [
  { key: "1h", title: "1 h", hours: 1, everyMs: MINUTES_EVERY_MS },
  { key: "6h", title: "6 h", hours: 6, everyMs: MINUTES_EVERY_MS },
  { key: "24h", title: "24 h", hours: 24, everyMs: MINUTES_EVERY_MS },
  { key: "7d", title: "7 d", hours: 168, everyMs: HOURS_EVERY_MS },
  { key: "30d", title: "30 d", hours: 720, everyMs: HOURS_EVERY_MS },
];
const DEFAULT = SPANS[1] as Span;

export const spanOf = (key: string | undefined): Span => SPANS.find((span) => span.key === key) ?? DEFAULT;
