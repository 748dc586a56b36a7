/**
 * What a front itself has to say: one JSON object a line on standard error, as the Worker's log is. Must not know what it means.
 */

/** Lines a minute of one message; whoever floods a port must not flood the log. */
const LINES_PER_MINUTE = 30;
const MINUTE_MS = 60_000;

const told = new Map<string, { since: number; lines: number }>();

export function frontLog(level: "warn" | "error", message: string, facts: Record<string, unknown>): void {
  const now = performance.now();
  const known = told.get(message);
  const minute = known === undefined || now - known.since >= MINUTE_MS ? { since: now, lines: 0 } : known;
  told.set(message, minute);
  if (++minute.lines > LINES_PER_MINUTE) return;
  const suppressedBefore = Math.max((known === minute ? 0 : (known?.lines ?? 0)) - LINES_PER_MINUTE, 0);
  const line = { level, message, ...facts, ...(suppressedBefore > 0 && { suppressedBefore }) };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
