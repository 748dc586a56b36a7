/**
 * What became of a row's CALL, in a word: how long its answer took, or why there is none. Must not know the rest of the row.
 */
import { Badge } from "../parts/badge.tsx";
import type { Row } from "./row.ts";

/** ms beyond which an answer is slow to who watches. */
const SLOW_MS = 1_000;

/** [docs/api.md] ms that a command may take at most; the edge answers sooner. */
const PATIENCE_MS = 125_000;

export function RowState({ row: { kind, at, state, latencyMs, answer, deviations } }: { row: Row }) {
  switch (state) {
    case "waiting":
      if (Date.now() - Date.parse(at) > PATIENCE_MS) return <Badge tone="warn">no answer</Badge>;
      return <span class="muted small">waiting …</span>;
    case "answered":
      return (
        <span class="line">
          <span class={`number small${(latencyMs ?? 0) >= SLOW_MS ? " warn" : ""}`}>
            {latencyMs === null ? "answered" : milliseconds(latencyMs)}
          </span>
          {deviations.length > 0 && (
            <Badge tone="warn" title="Not valid, and let pass">
              {deviations.length}
            </Badge>
          )}
        </span>
      );
    case "refused":
      return (
        <Badge tone="bad" title={answer?.error?.description ?? ""}>
          refused
        </Badge>
      );
    case "failed":
      return (
        <Badge tone={kind === "unreadable" ? "bad" : "warn"} title={answer?.error?.description ?? ""}>
          {answer?.error?.code === undefined || answer.error.code === "" ? "error" : answer.error.code}
        </Badge>
      );
    case "unanswered":
      return <Badge tone="warn">no answer</Badge>;
    case "none":
      return kind === "unreadable" || kind === "security" ? (
        <Badge tone="bad">{kind === "security" ? "security" : "malformed"}</Badge>
      ) : null;
  }
}

export const milliseconds = (ms: number): string =>
  ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
