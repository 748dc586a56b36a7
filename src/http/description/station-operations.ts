/**
 * What operations on a station answer: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { OPERATION_KINDS, OPERATION_STATES, STEP_NAMES, STEP_STATES } from "../../security/operation/operation.ts";
import { type Answers, NOW } from "./answer.ts";
import { time } from "./shapes.ts";

export const operationSchema = z
  .strictObject({
    kind: z.enum(OPERATION_KINDS),
    to: z.literal([1, 2, 3]).exactOptional().meta({ description: "The security profile that is wanted" }),
    state: z.enum(OPERATION_STATES),
    step: z.enum(STEP_NAMES).nullable().meta({ description: "Null before the station has spoken, and at the end" }),
    steps: z.array(
      z.strictObject({
        name: z.enum(STEP_NAMES),
        state: z.enum(STEP_STATES),
        at: time.exactOptional(),
        detail: z.string().exactOptional().meta({ description: "A sentence for people" }),
      }),
    ),
    actor: z.string().nullable(),
    startedAt: time,
    expiresAt: time,
    endedAt: time.exactOptional(),
    error: z
      .strictObject({
        step: z.enum(STEP_NAMES).nullable(),
        reason: z.string(),
        remains: z.string().exactOptional().meta({ description: "What is left of it, and what counts now" }),
      })
      .exactOptional(),
  })
  .meta({ id: "Operation", description: "Several steps on one station, which outlive its connections" });

const ROTATION = {
  kind: "password-rotation",
  state: "running",
  step: "use-password",
  steps: [
    { name: "set-password", state: "done", at: NOW },
    { name: "use-password", state: "running", at: NOW },
  ],
  actor: "backend",
  startedAt: NOW,
  expiresAt: "2026-12-05T12:00:00.000Z",
};
const UPGRADE = {
  ...ROTATION,
  kind: "security-upgrade",
  to: 2,
  step: "connect",
  steps: [
    { name: "install-root", state: "done", at: NOW },
    { name: "set-profile", state: "done", at: NOW },
    { name: "reset", state: "done", at: NOW },
    { name: "connect", state: "running", at: NOW },
  ],
};

const BEGIN_PROBLEMS = [
  ...["illegalIdentity", "malformedJson", "stationNotFound", "operationUnderWay", "operationNotApplicable"],
  ...["bodyTooLarge", "unsupportedEncoding", "invalid", "unavailable"],
] as const;
const READ_PROBLEMS = ["illegalIdentity", "stationNotFound", "operationNotFound", "unavailable"] as const;
const CANCEL_PROBLEMS = [...READ_PROBLEMS, "operationEnded"] as const;

const begins = (example: unknown, body: unknown) =>
  ({
    answers: { 202: { description: "It is begun, and goes on by itself", schema: operationSchema, example } },
    problems: BEGIN_PROBLEMS,
    example: body,
  }) as const satisfies Answers;
const reads = (example: unknown) =>
  ({
    answers: { 200: { description: "The one under way, or the last", schema: operationSchema, example } },
    problems: READ_PROBLEMS,
  }) as const satisfies Answers;
const cancels = (example: object) =>
  ({
    answers: {
      200: {
        description: "It is stopped; what the station may have by then goes on to count",
        schema: operationSchema,
        example: { ...example, state: "cancelled", step: null, endedAt: NOW },
      },
    },
    problems: CANCEL_PROBLEMS,
  }) as const satisfies Answers;

export const stationOperationAnswers = {
  rotatePassword: begins(ROTATION, { reset: true }),
  getPasswordRotation: reads(ROTATION),
  cancelPasswordRotation: cancels(ROTATION),
  upgradeSecurity: begins(UPGRADE, { to: 2 }),
  getSecurityUpgrade: reads(UPGRADE),
  cancelSecurityUpgrade: cancels(UPGRADE),
} as const satisfies Readonly<Record<string, Answers>>;
