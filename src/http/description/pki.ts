/**
 * What /v1/revocations answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { type Answers, NOW } from "./answer.ts";
import { time } from "./shapes.ts";

const added = z
  .strictObject({
    fingerprint: z.string().exactOptional(),
    issuer: z.string().exactOptional().meta({ description: "The CA's key identifier" }),
    serialNumber: z.string().exactOptional(),
    reason: z.string(),
    revoked: z.literal(true),
  })
  .meta({ id: "Revoked" });

const page = z
  .strictObject({
    revocations: z.array(
      z.strictObject({
        fingerprint: z.string().nullable(),
        issuer: z.string().nullable(),
        serialNumber: z.string().nullable(),
        reason: z.string(),
        actor: z.string().nullable(),
        revokedAt: time,
      }),
    ),
    cursor: z.string().nullable(),
  })
  .meta({ id: "RevocationPage" });

const REVOKED = { issuer: "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334", serialNumber: "5f3a", reason: "keyCompromise" };

export const pkiAnswers = {
  addRevocation: {
    answers: {
      200: { description: "It was revoked before", schema: added, example: { ...REVOKED, revoked: true } },
      201: {
        description: "It is let in no more; its connections close within a minute",
        schema: added,
        example: { ...REVOKED, revoked: true },
      },
    },
    problems: ["malformedJson", "bodyTooLarge", "unsupportedEncoding", "invalid"],
    example: REVOKED,
  },
  listRevocations: {
    answers: {
      200: {
        description: "A page; what the lists of CAs name is not among them",
        schema: page,
        example: {
          revocations: [{ ...REVOKED, fingerprint: null, actor: "backend", revokedAt: NOW }],
          cursor: null,
        },
      },
    },
    problems: ["invalid"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
