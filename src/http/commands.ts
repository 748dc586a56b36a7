/**
 * /v1/stations/{id}/commands: what a backend asks of a station. Must not know how a command travels.
 */
import { toHex } from "../security/password.ts";
import type { CommandView } from "../station/command/command-view.ts";
import type { CommandRefusal } from "../station/station-rpc.ts";
import type { ApiContext } from "./auth.ts";
import { stationStub } from "../station-stub.ts";
import { audit, auditCommand } from "../fleet/audit.ts";
import { stationIdOf } from "./body.ts";
import type { Handlers } from "./call.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { type ProblemError, problems, unknownStation } from "./problem.ts";
import { registeredStation } from "./registered-station.ts";

export const commandHandlers: Handlers<"sendCommand" | "listCommands" | "getCommand" | "cancelCommand"> = {
  async sendCommand({ c, key: caller, body: read }) {
    const station = await registeredStation(c);
    const body = await read();
    const key = idempotencyKeyOf(c);
    const idempotency = key === null ? null : { key, bodyDigest: await sha256(JSON.stringify(body)) };
    const async = /(^|[\s,;])respond-async([\s,;]|$)/i.test(c.req.header("Prefer") ?? "");
    const asked = { ...body, idempotency, actor: caller.name };
    const submitted = await station.command(asked, !async).catch((error: unknown) => {
      // An object that is replaced keeps the station's socket: the next one must see to the deadline of what was sent on it.
      const next = stationStub(c.env, stationIdOf(c));
      c.executionCtx.waitUntil(next.lookAt().catch(() => {}));
      const { action } = body;
      audit(c.env, caller.name, { kind: "command.sent", stationId: stationIdOf(c), action, outcome: "unknown" });
      throw error;
    });
    if (submitted === null) throw unknownStation();
    if (!submitted.ok) throw refusalProblem(submitted.error);
    // Of another key it is the other's command, whose own words it repeats.
    if ((submitted.value.actor ?? caller.name) === caller.name) auditCommand(c.env, caller.name, submitted.value);
    return answer(c, submitted.value, async);
  },

  async listCommands({ c, query }) {
    const { limit, cursor = null } = query();
    const page = await (await registeredStation(c)).listCommands(limit, cursor);
    if (page === null) throw unknownStation();
    // As an object of an older release answers, whatever page was asked for: there is one.
    return c.json(Array.isArray(page) ? { commands: page, cursor: null } : page);
  },

  async getCommand({ c, params }) {
    const command = await (await registeredStation(c)).readCommand(params.commandId);
    if (command === null) throw unknownCommand();
    return c.json(command);
  },

  async cancelCommand({ c, key, params }) {
    const done = await (await registeredStation(c)).cancelCommand(params.commandId);
    if (done === "unknown") throw unknownCommand();
    if (done !== "cancelled") throw problems.notQueued("Only a queued command can be cancelled.");
    const { commandId } = params;
    audit(c.env, key.name, { kind: "command.cancelled", stationId: stationIdOf(c), commandId });
    return c.body(null, 204);
  },
};

async function sha256(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

const unknownCommand = () => problems.commandNotFound("No such command of this station.");

/** 200: the station did answer. 202: it has not yet. 504: it did not, or was never asked in time. */
function answer(c: ApiContext, command: CommandView, async: boolean): Response {
  const { commandId, stationId, state } = command;
  if (async) c.header("Preference-Applied", "respond-async");
  if (async || state === "queued" || state === "sent") {
    c.header("Location", `/v1/stations/${encodeURIComponent(stationId)}/commands/${commandId}`);
    return c.json(command, 202);
  }
  if (state === "timeout" || state === "expired") return c.json(command, 504);
  return c.json(command, state === "cancelled" ? 409 : 200);
}

function refusalProblem(refusal: CommandRefusal): ProblemError {
  switch (refusal.kind) {
    case "station-offline":
      return problems.stationOffline("The station is not connected. Ask with expiresInSeconds to queue the command.");
    case "idempotency-conflict":
      return problems.idempotencyConflict("This Idempotency-Key was used with another body.");
    case "queue-full":
      return problems.queueFull(`${refusal.bound} wait for this station already.`, {
        headers: { "Retry-After": "30" },
      });
    case "invalid":
      return problems.invalid("The command is not valid in the version the station speaks.", {
        errors: [...refusal.faults],
      });
    case "not-accepted":
      return problems.stationNotAccepted(`Not sent: ${refusal.detail}.`);
    default:
      return unknownRefusal(refusal);
  }
}

/** Every kind is answered above; an object of a newer release may know another. */
const unknownRefusal = (refusal: never): ProblemError =>
  problems.unavailable(`The command was not taken (${String((refusal as { kind: unknown }).kind)}). Try again later.`, {
    headers: { "Retry-After": "10" },
  });
