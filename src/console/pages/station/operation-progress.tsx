/**
 * An operation of several steps on a station: how far it is, why it failed and what is left of it. Must not know how a step is done.
 */
import type { Operation } from "../../../client/operation-views.ts";
import { Badge, type Tone } from "../../parts/badge.tsx";
import { Time } from "../../parts/time.tsx";

const STEPS: Readonly<Record<string, string>> = {
  "set-password": "Give it the new password",
  "use-password": "See it connect with the new password",
  "install-root": "Install the server's root certificate",
  "sign-certificate": "Ask it to have a certificate signed",
  "receive-certificate": "See its new certificate arrive",
  "read-priority": "Read the order of its network profiles",
  "set-network-profile": "Write a network profile",
  "set-priority": "Put that profile first",
  "set-profile": "Set its security profile",
  reset: "Reset it",
  connect: "See it connect with the new profile",
};
const TONES: Readonly<Record<string, Tone>> = { running: "warn", done: "good", failed: "bad", cancelled: "plain" };
const SIGNS: Readonly<Record<string, string>> = { pending: "○", running: "◐", done: "●", skipped: "–", failed: "✕" };

export interface OperationProgressProps {
  operation: Operation;
  onCancel: () => void;
}

export function OperationProgress({ operation, onCancel }: OperationProgressProps) {
  const { state, steps, startedAt, expiresAt, endedAt, actor, error } = operation;
  const isRunning = state === "running";
  return (
    <div class="stack operation">
      <div class="line wrap">
        <Badge tone={TONES[state] ?? "plain"}>{isRunning ? "under way" : state}</Badge>
        <span class="muted small">
          begun <Time at={startedAt} />
          {actor !== null && ` by ${actor}`}
          {isRunning ? (
            <>
              , given up <Time at={expiresAt} />
            </>
          ) : (
            endedAt !== undefined && (
              <>
                , ended <Time at={endedAt} />
              </>
            )
          )}
        </span>
        {isRunning && (
          <button type="button" class="button small" onClick={onCancel}>
            Stop it
          </button>
        )}
      </div>
      {error !== undefined && (
        <div class="notice bad">
          <div>
            <div>{error.reason}</div>
            {error.remains !== undefined && <div class="small">{error.remains}</div>}
          </div>
        </div>
      )}
      {steps.length === 0 && isRunning && <p class="muted small">It begins when the station speaks.</p>}
      <ol class="steps">
        {steps.map(({ name, state, at, detail }) => (
          <li key={name} class={state}>
            <span class="sign" role="img" aria-label={state} title={state}>
              {SIGNS[state] ?? "○"}
            </span>
            <div>
              {STEPS[name] ?? name}{" "}
              {at !== undefined && state !== "pending" && (
                <span class="muted small">
                  <Time at={at} />
                </span>
              )}
              {detail !== undefined && <div class="muted small">{detail}</div>}
            </div>
          </li>
        ))}
      </ol>
    </div>
  );
}
