/**
 * /v1/stations/{id}/commands: what a backend asks of a station. Must not know how a command travels.
 */
import { Hono } from "hono";
import * as z from "zod";
import { toHex } from "../security/password.ts";
import type { CommandView } from "../station/command/command-view.ts";
import type { CommandRefusal } from "../station/station-rpc.ts";
import { type ApiContext, type ApiEnv, requireScope } from "./auth.ts";
import { stationStub } from "../station-stub.ts";
import { readBody, readQuery, stationIdOf } from "./body.ts";
import { type ProblemError, problems, unknownStation } from "./problem.ts";
import { registeredStation } from "./registered-station.ts";

const submission = z.strictObject({
  action: z.string().min(1).max(64),
  payload: z.record(z.string(), z.unknown()),
  timeoutSeconds: z.number().min(1).max(120).default(30),
  expiresInSeconds: z.number().min(0).max(604_800).default(0),
  retry: z.enum(["never", "if-unsent", "always"]).default("never"),
});
const idempotencyKey = z.string().min(1).max(255);
const listQuery = z.strictObject({
  limit: z.string().regex(/^\d+$/, "a whole number").transform(Number).pipe(z.number().min(1).max(500)).default(100),
  cursor: z.string().min(1).max(64).optional(),
});

export const commandRoutes = new Hono<ApiEnv>();

commandRoutes.post("/:id/commands", requireScope("commands:write"), async (c) => {
  const station = await registeredStation(c);
  const body = await readBody(c, submission);
  const key = c.req.header("Idempotency-Key") ?? null;
  if (key !== null && !idempotencyKey.safeParse(key).success) {
    const errors = [{ path: "Idempotency-Key", message: "1 to 255 characters" }];
    throw problems.invalid("The request is not valid.", { errors });
  }
  const idempotency = key === null ? null : { key, bodyDigest: await sha256(JSON.stringify(body)) };
  const async = /(^|[\s,;])respond-async([\s,;]|$)/i.test(c.req.header("Prefer") ?? "");
  const submitted = await station.command({ ...body, idempotency }, !async).catch((error: unknown) => {
    // An object that is replaced keeps the station's socket: the next one must see to the deadline of what was sent on it.
    const next = stationStub(c.env, stationIdOf(c));
    c.executionCtx.waitUntil(next.lookAt().catch(() => {}));
    throw error;
  });
  if (submitted === null) throw unknownStation();
  if (!submitted.ok) throw refusalProblem(submitted.error);
  return answer(c, submitted.value, async);
});

commandRoutes.get("/:id/commands", requireScope("commands:write"), async (c) => {
  const { limit, cursor = null } = readQuery(c, listQuery);
  const page = await (await registeredStation(c)).listCommands(limit, cursor);
  if (page === null) throw unknownStation();
  // As an object of an older release answers, whatever page was asked for: there is one.
  return c.json(Array.isArray(page) ? { commands: page, cursor: null } : page);
});

commandRoutes.get("/:id/commands/:commandId", requireScope("commands:write"), async (c) => {
  const command = await (await registeredStation(c)).readCommand(c.req.param("commandId"));
  if (command === null) throw unknownCommand();
  return c.json(command);
});

commandRoutes.delete("/:id/commands/:commandId", requireScope("commands:write"), async (c) => {
  const done = await (await registeredStation(c)).cancelCommand(c.req.param("commandId"));
  if (done === "unknown") throw unknownCommand();
  if (done !== "cancelled") throw problems.notQueued("Only a queued command can be cancelled.");
  return c.body(null, 204);
});

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
