/**
 * /v1/stations/{id}/password-rotation and …/security-upgrade: begun, told of, stopped. Must not know the steps.
 */
import { configOf } from "../config.ts";
import { audit } from "../fleet/audit.ts";
import type { AuditKind } from "../fleet/audit-entry.ts";
import type { Caller } from "../security/api-key.ts";
import type { OperationKind } from "../security/operation/operation.ts";
import type { OperationRefusal, OperationRequest } from "../station/station-rpc.ts";
import type { ApiContext } from "./auth.ts";
import { stationIdOf } from "./body.ts";
import type { Handlers } from "./call.ts";
import { type ProblemError, problems, unknownStation } from "./problem.ts";
import { registeredStation } from "./registered-station.ts";

type Ids =
  | "rotatePassword"
  | "getPasswordRotation"
  | "cancelPasswordRotation"
  | "upgradeSecurity"
  | "getSecurityUpgrade"
  | "cancelSecurityUpgrade";

export const stationOperationHandlers: Handlers<Ids> = {
  async rotatePassword({ c, key, body }) {
    await registeredStation(c);
    const { reset, ...asked } = await body();
    return begin(c, key, { ...asked, kind: "password-rotation", reset: reset ? "soft" : "none", actor: key.name });
  },

  async upgradeSecurity({ c, key, body }) {
    await registeredStation(c);
    const { rootCertificate: given, configurationSlot: slot, ...asked } = await body();
    const rootCertificate = given === undefined ? configOf(c.env).SERVER_ROOT_PEM : given;
    return begin(c, key, {
      ...asked,
      kind: "security-upgrade",
      actor: key.name,
      ...(typeof rootCertificate === "string" && { rootCertificate }),
      ...(slot !== undefined && { slot }),
    });
  },

  getPasswordRotation: ({ c }) => read(c, "password-rotation"),
  getSecurityUpgrade: ({ c }) => read(c, "security-upgrade"),
  cancelPasswordRotation: ({ c, key }) => cancel(c, key, "password-rotation"),
  cancelSecurityUpgrade: ({ c, key }) => cancel(c, key, "security-upgrade"),
};

async function begin(c: ApiContext, { name }: Caller, request: OperationRequest): Promise<Response> {
  const entry = { kind: `${request.kind}.begun` as AuditKind, stationId: stationIdOf(c) };
  const begun = await (await registeredStation(c)).operate(request).catch((error: unknown) => {
    audit(c.env, name, { ...entry, outcome: "unknown" });
    throw error;
  });
  if (begun === null) throw unknownStation();
  if (!begun.ok) throw refusalProblem(begun.error);
  audit(c.env, name, entry);
  return c.json(begun.value, 202);
}

async function read(c: ApiContext, kind: OperationKind): Promise<Response> {
  const operation = await (await registeredStation(c)).readOperation(kind);
  if (operation === null) throw unknownStation();
  if (operation === "none") throw noOperation(kind);
  return c.json(operation);
}

async function cancel(c: ApiContext, { name }: Caller, kind: OperationKind): Promise<Response> {
  const operation = await (await registeredStation(c)).cancelOperation(kind);
  if (operation === null) throw unknownStation();
  if (operation === "none") throw noOperation(kind);
  if (operation === "not-running") throw problems.operationEnded(`The last ${kind} of this station has ended.`);
  audit(c.env, name, { kind: `${kind}.cancelled`, stationId: stationIdOf(c) });
  return c.json(operation);
}

const noOperation = (kind: OperationKind) =>
  problems.operationNotFound(`No ${kind} was begun since this station was registered.`);

function refusalProblem(refusal: OperationRefusal): ProblemError {
  switch (refusal.kind) {
    case "under-way":
      return problems.operationUnderWay(`A ${refusal.operation} of this station is under way.`);
    case "not-applicable":
      return problems.operationNotApplicable(refusal.detail);
    case "invalid": {
      const { path, message } = refusal;
      return problems.invalid("The request is not valid.", { errors: [{ path, message }] });
    }
    default:
      return unknownRefusal(refusal);
  }
}

/** Every kind is answered above; an object of a newer release may know another. */
const unknownRefusal = (refusal: never): ProblemError =>
  problems.unavailable(`The operation was not begun (${String((refusal as { kind: unknown }).kind)}).`, {
    headers: { "Retry-After": "10" },
  });
