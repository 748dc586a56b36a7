/**
 * What /v1/revocations and /v1/crls answer: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { type Answers, NOW } from "./answer.ts";
import { time } from "./shapes.ts";

const added = z
  .strictObject({
    fingerprint: z.string().exactOptional(),
    issuer: z.string().exactOptional().meta({ description: "The CA's key identifier" }),
    serialNumber: z.string().exactOptional(),
    authority: z.string().exactOptional().meta({
      description: "It is a CA that is known here, of this key identifier: what that signed is let in no more either",
    }),
    reason: z.string(),
    revoked: z.literal(true),
  })
  .meta({ id: "Revoked" });

const lifted = z.strictObject({ revoked: z.boolean() }).meta({ id: "Lifted" });

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

const crl = z
  .strictObject({
    issuer: z.string().meta({ description: "The CA's key identifier" }),
    number: z.string().nullable().meta({ description: "The CRL number, in hex" }),
    thisUpdate: time,
    nextUpdate: time,
    outOfDate: z.boolean(),
    entries: z.number(),
    authorities: z.array(z.string()).meta({
      description:
        "Of the CAs that it issued and that are known here, the key identifiers of those that are revoked, by it or by a backend",
    }),
    complete: z.boolean().meta({ description: "false: its entries are being written, or were not all; put it again" }),
    from: z.string().meta({ description: "Who put it, or the URL that it was fetched from" }),
    takenAt: time,
    checkedAt: time.nullable().meta({ description: "When its URL was last asked" }),
    problem: z.string().nullable().meta({ description: "Why what its URL last answered was not taken" }),
  })
  .meta({ id: "Crl" });
const crls = z.strictObject({ crls: z.array(crl) }).meta({ id: "Crls" });
const CRL = {
  issuer: "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334",
  number: "1f",
  ...{ thisUpdate: NOW, nextUpdate: NOW, outOfDate: false },
  ...{ entries: 12, authorities: [], complete: true, from: "backend", takenAt: NOW, checkedAt: null, problem: null },
};

const REVOKED = { issuer: "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334", serialNumber: "5f3a", reason: "keyCompromise" };

const text = z.string().nullable();
const history = z
  .strictObject({
    certificates: z.array(
      z.strictObject({
        fingerprint: z.string(),
        subject: text,
        issuer: text,
        issuerKeyId: text,
        serialNumber: text,
        notAfter: time,
        state: z.enum(["issued", "in-use", "former", "retired", "refused", "expired"]).meta({
          description:
            "issued: not used yet; former: another one is used, and this one would be let in; retired: let in no more; refused: the station did not take it",
        }),
        issuedBy: text.meta({ description: "CERTIFICATE_ISSUER then, or csms; null: it was shown alone" }),
        issuedAt: time.nullable(),
        firstUsedAt: time.nullable(),
        lastUsedAt: time.nullable(),
        retiredAt: time.nullable(),
        revoked: z.boolean(),
      }),
    ),
  })
  .meta({ id: "Certificates" });
const CERTIFICATE = {
  ...{ fingerprint: "ab".repeat(32), subject: "CN=CS001,O=Operator", issuer: "CN=Station CA,O=Operator" },
  ...{ issuerKeyId: REVOKED.issuer, serialNumber: "5f3a", notAfter: "2027-11-28T12:00:00.000Z", state: "in-use" },
  ...{ issuedBy: "est", issuedAt: NOW, firstUsedAt: NOW, lastUsedAt: NOW, retiredAt: null, revoked: false },
};

export const pkiAnswers = {
  listCertificates: {
    answers: {
      200: {
        description: "Those that were issued to it or that it showed; the live one is in use now",
        schema: history,
        example: { certificates: [CERTIFICATE] },
      },
    },
    problems: ["illegalIdentity", "stationNotFound", "unavailable"],
  },
  addRevocation: {
    answers: {
      200: {
        description: "It was revoked before: as it is kept",
        schema: added,
        example: { ...REVOKED, revoked: true },
      },
      201: {
        description: "It is let in no more; its connections close within a minute",
        schema: added,
        example: { ...REVOKED, revoked: true },
      },
    },
    problems: ["malformedJson", "bodyTooLarge", "unsupportedEncoding", "invalid"],
    example: REVOKED,
  },
  liftRevocation: {
    answers: {
      200: {
        description: "It is not revoked here any more; true: by the list of its CA",
        schema: lifted,
        example: { revoked: false },
      },
    },
    problems: ["revocationNotFound", "revokedForGood", "invalid"],
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
  listCrls: { answers: { 200: { description: "All of them", schema: crls, example: { crls: [CRL] } } }, problems: [] },
  putCrl: {
    answers: { 200: { description: "It is kept, and what it names is let in no more", schema: crl, example: CRL } },
    problems: ["bodyTooLarge", "unsupportedEncoding", "invalid"],
  },
  getCrl: {
    answers: { 200: { description: "What is kept", schema: crl, example: CRL } },
    problems: ["crlNotFound"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
