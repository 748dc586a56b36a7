/**
 * A command that told the station a secret, once it has ended: nothing that is kept or told of it holds that. Must not know what the
 * secret is for.
 */
import { parseJson } from "../../json.ts";
import type { Outcome } from "../../ocpp/session.ts";
import { MASK, maskedPayload } from "../../security/masked-message.ts";
import type { Command } from "./command-row.ts";

export function withoutSecret(command: Command): Command {
  const { secret, payload, action, outcome } = command;
  if (secret === undefined) return command;
  const masked = maskedPayload(payload, action) as Record<string, unknown>;
  return { ...command, secret: "", payload: masked, outcome: outcome && maskedOutcome(outcome, secret) };
}

/** A station may repeat what it does not take. */
function maskedOutcome(outcome: Outcome, secret: string): Outcome {
  // A late answer: the secret is no longer known here, and so may be anywhere in it.
  if (secret === "") return withoutText(outcome);
  const quoted = JSON.stringify(secret).slice(1, -1);
  return parseJson<Outcome>(JSON.stringify(outcome).replaceAll(quoted, MASK));
}

function withoutText(outcome: Outcome): Outcome {
  if (outcome.state !== "error") return outcome;
  return { ...outcome, error: { ...outcome.error, description: MASK, details: {} } };
}
