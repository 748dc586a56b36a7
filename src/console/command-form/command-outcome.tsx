/**
 * What became of a command: its state in a word, and the station's answer. Must not know how it was sent.
 */
import type { Command } from "../../client/views.ts";
import { treeOf } from "../json/json-tree.ts";
import { JsonView } from "../json/json-view.tsx";
import { Badge, type Tone } from "../parts/badge.tsx";

/** [interface.md §2] */
const STATES: Readonly<Record<string, readonly [tone: Tone, words: string]>> = {
  queued: ["plain", "queued: it waits for the station"],
  sent: ["plain", "sent: no answer yet"],
  result: ["good", "answered"],
  error: ["bad", "answered with an error"],
  timeout: ["warn", "no answer: the outcome is unknown"],
  expired: ["warn", "expired: it was never sent"],
  cancelled: ["plain", "cancelled: it was never sent"],
};

/** Statuses that say no, of OCPP's many. */
const NO =
  /^(?:Rejected|Failed|NotSupported|NotImplemented|UnknownVendorId|UnlockFailed|Invalid.*|Unknown.*|Faulted|VersionMismatch|PropertyConstraintViolation)$/;

export function CommandState({ command }: { command: Command }) {
  const status = statusOf(command);
  const [tone, words] = STATES[command.state] ?? ["plain", command.state];
  if (command.state === "result" && status !== null)
    return (
      <Badge tone={NO.test(status) ? "warn" : "good"} title="The station's own word">
        {status}
      </Badge>
    );
  if (command.state === "error") return <Badge tone="bad">{command.error.code}</Badge>;
  return (
    <Badge tone={tone} title={words}>
      {command.state}
    </Badge>
  );
}

export function CommandOutcome({ command }: { command: Command }) {
  const [, words] = STATES[command.state] ?? ["plain", command.state];
  const { sentAt, completedAt } = command;
  const ms = sentAt === undefined || completedAt === undefined ? null : Date.parse(completedAt) - Date.parse(sentAt);
  return (
    <div class="stack outcome">
      <div class="line wrap">
        <CommandState command={command} />
        <span class="muted small">
          {words}
          {ms !== null &&
            Number.isFinite(ms) &&
            (command.state === "result" || command.state === "error") &&
            ` in ${ms} ms`}
        </span>
      </div>
      {"error" in command && command.error !== undefined && (
        <p class="small">
          {command.error.origin === "edge" ? "By the edge" : "By the station"}: <b>{command.error.code}</b>{" "}
          {command.error.description}
        </p>
      )}
      {command.state === "result" && <JsonView json={treeOf(command.payload)} label="The station's answer" />}
      {command.state === "error" && Object.keys(command.error.details).length > 0 && (
        <JsonView json={treeOf(command.error.details)} label="Details of the error" />
      )}
      {command.state === "error" && command.received !== undefined && (
        <JsonView json={treeOf(command.received)} label="What the station sent" />
      )}
    </div>
  );
}

function statusOf(command: Command): string | null {
  if (command.state !== "result") return null;
  const { status } = command.payload as { status?: unknown };
  return typeof status === "string" ? status : null;
}
