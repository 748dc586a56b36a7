/**
 * /v1/stations: registration, view, disconnection. Must not know how a station's object keeps them.
 */
import { Hono } from "hono";
import * as z from "zod";
import { listStations } from "../fleet/directory.ts";
import { forget, isRegistered, remember } from "../fleet/known-stations.ts";
import { CSMS_KINDS } from "../ocpp/csms-kind.ts";
import { PROTOCOLS } from "../ocpp/protocol.ts";
import { STRICTNESSES } from "../ocpp/strictness.ts";
import { PASSWORD_MAX_BYTES, PASSWORD_MIN_BYTES } from "../security/password.ts";
import { type ApiEnv, requireScope } from "./auth.ts";
import { readBody, readQuery, stationIdOf } from "./body.ts";
import { registeredStation } from "./registered-station.ts";
import { problems, unknownStation } from "./problem.ts";
import { stationStub } from "../station-stub.ts";

/** Durable Objects location hints, as the platform names them. */
const LOCATION_HINTS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;

/** Each is a join and two of D1's hundred parameters. */
const LABEL_FILTERS_MAX = 10;
/** Characters of a name, a label's value or a filter: a transition with all of them must fit the queue's 128 KB. */
const TEXT_MAX_LENGTH = 255;
/** Labels of one station, for the same reason. */
const LABELS_MAX = 32;
/** Certificates that one station may have at once: the old one, the new one, and some to come. */
const FINGERPRINTS_MAX = 16;
/** [interface.md §2] Less would be a message every few seconds from each station; a day is the longest that is reckoned with. */
const HEARTBEAT_MIN_SECONDS = 10;
const HEARTBEAT_MAX_SECONDS = 86_400;
/** Stations of one page: with the longest labels 29 MB, and an answer may have 32 MiB. */
const PAGE_MAX_STATIONS = 1_000;
/** Those of a page where none are asked for. */
const PAGE_STATIONS = 100;

const password = z.string().refine(
  (text) => {
    const { length } = new TextEncoder().encode(text);
    return text === "generate" || (length >= PASSWORD_MIN_BYTES && length <= PASSWORD_MAX_BYTES);
  },
  { error: `${PASSWORD_MIN_BYTES} to ${PASSWORD_MAX_BYTES} bytes, or "generate"` },
);

const fingerprint = z
  .string()
  .transform((text) => text.replaceAll(":", "").toLowerCase())
  .pipe(z.string().regex(/^[0-9a-f]{64}$/, "64 hex digits: a SHA-256 fingerprint"));

const labels = z
  .record(
    z.string().regex(/^[A-Za-z0-9_.-]{1,63}$/, "a label's name: 1 to 63 of A-Z a-z 0-9 _ . -"),
    z.string().max(TEXT_MAX_LENGTH),
  )
  .refine((record) => Object.keys(record).length <= LABELS_MAX, { error: `at most ${LABELS_MAX} labels` });

const registration = z.strictObject({
  securityProfile: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  password: password.exactOptional(),
  passwordOverlap: z.boolean().exactOptional(),
  certificate: z
    .strictObject({
      commonName: z.string().min(1).max(TEXT_MAX_LENGTH).exactOptional(),
      organization: z.string().min(1).max(TEXT_MAX_LENGTH).exactOptional(),
      fingerprints: z.array(fingerprint).min(1).max(FINGERPRINTS_MAX).exactOptional(),
    })
    .exactOptional(),
  protocols: z.array(z.enum(PROTOCOLS)).max(PROTOCOLS.length).default([]),
  assumeProtocol: z.boolean().default(false),
  heartbeatIntervalSeconds: z.int().min(HEARTBEAT_MIN_SECONDS).max(HEARTBEAT_MAX_SECONDS).exactOptional(),
  validation: z.enum(STRICTNESSES).exactOptional(),
  csms: z.enum(CSMS_KINDS).exactOptional(),
  apply: z.enum(["next-connect", "now"]).exactOptional(),
  locationHint: z.enum(LOCATION_HINTS).exactOptional(),
  labels: labels.default({}),
});

const listQuery = z
  .object({
    online: z.enum(["true", "false"]).optional(),
    protocol: z.enum(PROTOCOLS).optional(),
    securityProfile: z.enum(["0", "1", "2", "3"]).optional(),
    vendor: z.string().max(TEXT_MAX_LENGTH).optional(),
    model: z.string().max(TEXT_MAX_LENGTH).optional(),
    q: z.string().max(TEXT_MAX_LENGTH).optional(),
    limit: z
      .string()
      .regex(/^\d+$/, "a whole number")
      .transform(Number)
      .pipe(z.number().min(1).max(PAGE_MAX_STATIONS))
      .optional(),
    cursor: z.string().max(TEXT_MAX_LENGTH).optional(),
  })
  .catchall(z.string().max(TEXT_MAX_LENGTH));

export const stationRoutes = new Hono<ApiEnv>();

stationRoutes.get("/", requireScope("stations:read"), async (c) => {
  const { limit, online, securityProfile, ...filters } = readQuery(c, listQuery);
  const known = new Set(["protocol", "vendor", "model", "q", "cursor"]);
  const unknown = Object.keys(filters).filter((name) => !known.has(name) && !name.startsWith("label."));
  if (unknown.length > 0) {
    const errors = unknown.map((path) => ({ path, message: "unknown parameter" }));
    throw problems.invalid("The request is not valid.", { errors });
  }
  const labelFilters = Object.entries(filters).flatMap(([name, value]): [string, string][] =>
    name.startsWith("label.") && typeof value === "string" ? [[name.slice("label.".length), value]] : [],
  );
  if (labelFilters.length > LABEL_FILTERS_MAX) {
    const [name] = labelFilters[LABEL_FILTERS_MAX] ?? [""];
    const errors = [{ path: `label.${name}`, message: `at most ${LABEL_FILTERS_MAX} label filters` }];
    throw problems.invalid("The request is not valid.", { errors });
  }
  const page = await listStations(c.env.DIRECTORY, {
    online: online === undefined ? null : online === "true",
    protocol: filters.protocol ?? null,
    securityProfile: securityProfile === undefined ? null : Number(securityProfile),
    vendor: filters.vendor ?? null,
    model: filters.model ?? null,
    labels: labelFilters,
    query: filters.q ?? null,
    limit: limit ?? PAGE_STATIONS,
    cursor: filters.cursor ?? null,
  });
  return c.json(page);
});

stationRoutes.put("/:id", requireScope("stations:write"), async (c) => {
  const id = stationIdOf(c);
  const body = await readBody(c, registration);
  if (body.assumeProtocol && body.protocols.length !== 1) {
    const errors = [{ path: "/assumeProtocol", message: "needs exactly one entry in protocols" }];
    throw problems.invalid("The request is not valid.", { errors });
  }
  const isNew = (await isRegistered(c.env.DIRECTORY, id, Date.now())) === false;
  // What is not valid wakes no object that is not there yet.
  if (isNew && body.password === undefined && [1, 2].includes(body.securityProfile)) throw passwordRequired();
  const registered = await stationStub(c.env, id, body.locationHint).register(body);
  if (registered === "password-required") throw passwordRequired();
  if (registered === "no-directory") {
    const headers = { "Retry-After": "5" };
    throw problems.unavailable("The registration could not be listed. Try again.", { headers });
  }
  // Every refusal is answered above; an object of a newer release may know another.
  if (typeof registered === "string") throw problems.unavailable("The registration was not taken. Try again later.");
  remember(id, Date.now());
  const { created, registration: view, password: generated } = registered;
  return c.json({ ...view, ...(generated !== undefined && { password: generated }) }, created ? 201 : 200);
});

const passwordRequired = () =>
  problems.invalid("The request is not valid.", {
    errors: [{ path: "/password", message: "required for security profiles 1 and 2" }],
  });

stationRoutes.get("/:id", requireScope("stations:read"), async (c) => {
  const view = await (await registeredStation(c)).describe();
  if (view === null) throw unknownStation();
  return c.json(view);
});

stationRoutes.delete("/:id", requireScope("stations:write"), async (c) => {
  const isEnded = await (await registeredStation(c)).deregister();
  forget(stationIdOf(c));
  if (!isEnded) throw unknownStation();
  return c.body(null, 204);
});

stationRoutes.post("/:id/disconnect", requireScope("stations:write"), async (c) => {
  if (!(await (await registeredStation(c)).disconnect())) throw unknownStation();
  return c.body(null, 204);
});
