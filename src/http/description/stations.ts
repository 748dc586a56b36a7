/**
 * What /v1/stations answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { CSMS_KINDS } from "../../ocpp/csms-kind.ts";
import { STRICTNESSES } from "../../ocpp/strictness.ts";
import { type Answers, NOW } from "./answer.ts";
import { certificate, labels, offlineReason, profile, protocol, time } from "./shapes.ts";

export const registrationSchema = z
  .strictObject({
    stationId: z.string(),
    securityProfile: profile,
    hasPassword: z.boolean(),
    passwordOverlap: z.literal(true).exactOptional().meta({ description: "The password before counts too" }),
    certificate: z.strictObject({
      commonName: z.string(),
      organization: z.string().exactOptional(),
      fingerprints: z
        .array(z.string())
        .exactOptional()
        .meta({ description: "SHA-256, hex; absent: any certificate of this subject" }),
    }),
    protocols: z.array(protocol).meta({ description: "None: all that are enabled" }),
    assumeProtocol: z.boolean(),
    heartbeatIntervalSeconds: z.int().exactOptional(),
    validation: z.enum(STRICTNESSES).exactOptional(),
    csms: z.enum(CSMS_KINDS).exactOptional(),
    locationHint: z.string().exactOptional(),
    labels,
  })
  .meta({ id: "Registration" });

const connector = z.strictObject({
  connectorId: z.int(),
  evseId: z.int().exactOptional(),
  status: z.string(),
  errorCode: z.string().exactOptional(),
  timestamp: z.string().exactOptional(),
});

const boot = z.strictObject({
  status: z.enum(["unknown", "Accepted", "Pending", "Rejected"]),
  at: time,
  intervalSeconds: z.number().exactOptional(),
  vendor: z.string().exactOptional(),
  model: z.string().exactOptional(),
  serialNumber: z.string().exactOptional(),
  firmwareVersion: z.string().exactOptional(),
  reason: z.string().exactOptional(),
});

export const stationSchema = registrationSchema
  .omit({ csms: true })
  .extend({
    online: z.boolean(),
    connection: z
      .strictObject({
        protocol,
        securityProfile: profile,
        since: time,
        lastMessageAt: time,
        remoteAddress: z.string().nullable(),
        certificate,
      })
      .nullable(),
    offlineSince: time.exactOptional().meta({ description: "While it is offline, as is the reason" }),
    offlineReason: offlineReason.exactOptional(),
    boot: boot.nullable(),
    csms: z.strictObject({
      kind: z.enum(CSMS_KINDS),
      since: time.nullable(),
      backlog: z.int(),
      registered: z.enum(CSMS_KINDS).exactOptional().meta({ description: "What the registration names, if it does" }),
    }),
    connectors: z.array(connector).exactOptional().meta({ description: "OCPP 1.6" }),
    evses: z
      .array(z.strictObject({ evseId: z.int(), connectors: z.array(connector) }))
      .exactOptional()
      .meta({ description: "OCPP 2.x" }),
    queue: z.strictObject({ commands: z.int(), events: z.int(), deadLetters: z.int() }),
    storage: z.strictObject({ bytes: z.int(), rows: z.int(), rowsWritten: z.int(), rowsRead: z.int() }),
  })
  .meta({ id: "Station" });

export const registeredSchema = registrationSchema
  .extend({ password: z.string().exactOptional().meta({ description: "The generated one, this once" }) })
  .meta({ id: "Registered" });

const STATION = {
  stationId: "CS001",
  securityProfile: 2,
  hasPassword: true,
  certificate: { commonName: "CS001" },
  protocols: ["ocpp1.6"],
  assumeProtocol: false,
  labels: { site: "north" },
};

export const stationAnswers = {
  putStation: {
    answers: {
      200: { description: "It was registered before, and is changed", schema: registeredSchema, example: STATION },
      201: {
        description: "It is registered now",
        schema: registeredSchema,
        example: { ...STATION, password: "Xq3v8Lr1Tz5w9Kc2" },
      },
    },
    problems: ["illegalIdentity", "malformedJson", "bodyTooLarge", "unsupportedEncoding", "invalid", "unavailable"],
    example: { securityProfile: 2, password: "generate", protocols: ["ocpp1.6"], labels: { site: "north" } },
  },
  getStation: {
    answers: {
      200: {
        description: "From its own object",
        schema: stationSchema,
        example: {
          ...STATION,
          online: true,
          connection: {
            protocol: "ocpp1.6",
            securityProfile: 2,
            since: NOW,
            lastMessageAt: NOW,
            remoteAddress: "192.0.2.7",
            certificate: null,
          },
          boot: { status: "Accepted", at: NOW, intervalSeconds: 300, vendor: "Vendor", model: "Model" },
          csms: { kind: "http", since: null, backlog: 0 },
          connectors: [{ connectorId: 1, status: "Available", errorCode: "NoError" }],
          queue: { commands: 0, events: 0, deadLetters: 0 },
          storage: { bytes: 16_384, rows: 12, rowsWritten: 3, rowsRead: 9 },
        },
      },
    },
    problems: ["illegalIdentity", "stationNotFound", "unavailable"],
  },
  deleteStation: {
    answers: { 204: { description: "It is deregistered" } },
    problems: ["illegalIdentity", "stationNotFound", "unavailable"],
  },
  disconnectStation: {
    answers: { 204: { description: "Its connection, if there was one, is closed" } },
    problems: ["illegalIdentity", "stationNotFound", "unavailable"],
  },
  linkCsms: {
    answers: { 101: { description: "OCPP-J frames both ways, and how the station stands" } },
    problems: ["illegalIdentity", "stationNotFound", "upgradeRequired", "noSubprotocol", "unavailable"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
