/**
 * The description of the API, made of the table of routes and the schemas that check what comes and show what goes. Must not know
 * where it is kept or served.
 */
import * as z from "zod";
import { API_PROBLEMS } from "../problem-kinds.ts";
import type { Route } from "../routes/route.ts";
import { type OperationId, ROUTES } from "../routes/table.ts";
import type { Answer, Answers } from "./answer.ts";
import { ANSWERS } from "./answers.ts";
import { decisionSchema, EVENT_DATA, questionSchema } from "./events.ts";
import { problemSchema } from "./operations.ts";

type Json = Record<string, unknown>;

/** Where an OCPP action's own payload is described. */
const OCPP = "https://openchargealliance.org/protocols/open-charge-point-protocol/";
const TAGS = {
  stations: "Charging Stations: registered, seen, disconnected",
  commands: "What a backend asks of a station",
  campaigns: "One command to many stations",
  webhooks: "Where a station's events go",
  newcomers: "Who knocked and is not registered",
  audit: "Who did what",
  revocations: "Certificates that are not let in",
  crls: "Lists of them that CAs sign",
  operations: "The service itself",
} as const;
const PARAMETERS: Readonly<Record<string, string>> = {
  id: "The Charging Station's identity",
  campaignId: "As the campaign was answered with",
  commandId: "As the command was answered with",
  certificate: "Its SHA-256 fingerprint, or the CA's key identifier and its serial number with a dot between, in hex",
  issuer: "The CA's key identifier, in hex",
  name: "The webhook's own name: 1 to 64 of A-Z a-z 0-9 _ . -",
  slug: "Behind /problems/ in a problem's type",
};

/** @param version of this release */
export function description(version: string): Json {
  const components = new Components();
  const paths: Record<string, Json> = {};
  for (const [id, route] of Object.entries(ROUTES) as [OperationId, Route][]) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(id, route, components) };
  }
  const webhooks = { events: { post: events(components) } };
  return {
    openapi: "3.1.1",
    info: {
      title: "Kerbside",
      version,
      summary: "OCPP commands to Charging Stations, and what they say as signed events",
      description: `Actions and payloads are OCPP's own, of the version that a station speaks: see [the Open Charge Alliance](${OCPP}).`,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(TAGS).map(([name, said]) => ({ name, description: said })),
    paths,
    webhooks,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "A key of API_KEYS" } },
      headers: {
        RequestId: { description: "Of this request, as the log has it", schema: { type: "string" } },
        RetryAfter: { description: "Seconds", schema: { type: "integer" } },
      },
      schemas: components.schemas,
    },
  };
}

/** Schemas with a name are written once. */
class Components {
  readonly schemas: Record<string, Json> = {};

  of(schema: z.core.$ZodType, io: "input" | "output" = "output"): Json {
    const made = z.toJSONSchema(schema, { io, unrepresentable: "any", override: plainNumber }) as Json;
    const { $schema: _, $defs = {}, id, ...rest } = made as Json & { $defs?: Record<string, Json> };
    for (const [name, each] of Object.entries($defs)) this.schemas[name] = relinked(each);
    if (typeof id !== "string") return relinked(rest);
    this.schemas[id] = relinked(rest);
    return { $ref: `#/components/schemas/${id}` };
  }
}

/** A number in a query comes as a text of digits: who reads the description is told of the number. */
function plainNumber({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: Json }): void {
  const { def } = zodSchema._zod;
  if (def.type !== "pipe" || jsonSchema.pattern !== "^\\d+$" || def.out._zod.def.type !== "number") return;
  const bounds = z.toJSONSchema(def.out, { io: "output", unrepresentable: "any" }) as Json;
  delete jsonSchema.pattern;
  Object.assign(jsonSchema, { type: "integer", minimum: bounds.minimum, maximum: bounds.maximum });
}

function relinked<T>(value: T): T {
  if (Array.isArray(value)) return value.map(relinked) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "id" || typeof (value as Json).id !== "string");
  return Object.fromEntries(
    entries.map(([key, each]) => [
      key,
      key === "$ref" && typeof each === "string" ? each.replace("#/$defs/", "#/components/schemas/") : relinked(each),
    ]),
  ) as T;
}

/** Its last part that is a name of one. */
const tagOf = ({ path }: Route): keyof typeof TAGS =>
  (Object.keys(TAGS) as (keyof typeof TAGS)[]).findLast((name) => path.split("/").includes(name)) ?? "operations";

function operation(id: OperationId, route: Route, components: Components): Json {
  const entry: Answers = ANSWERS[id];
  return {
    operationId: id,
    summary: route.summary,
    tags: [tagOf(route)],
    ...(route.scope === null ? { security: [] } : { security: [{ key: [] }], "x-scope": route.scope }),
    ...(route.scope !== null && {
      description: route.scope === "any" ? "Takes any key." : `Takes a key with the scope \`${route.scope}\`.`,
    }),
    parameters: [...pathParameters(route), ...queryParameters(route, components), ...headerParameters(route, entry)],
    ...(route.media !== undefined && { requestBody: binaryBody(route.media) }),
    ...(route.body !== undefined && { requestBody: requestBody(route.body, entry.example, components) }),
    responses: responses(route, entry, components),
    ...(id === "sendCommand" && { externalDocs: { description: "OCPP's actions and payloads", url: OCPP } }),
    ...(id === "putStation" && { callbacks: { question: { "{$env.CSMS_URL}": { post: question(components) } } } }),
  };
}

const pathParameters = ({ path }: Route): Json[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    description: PARAMETERS[name] ?? name,
    schema: { type: "string" },
  }));

function queryParameters({ query }: Route, components: Components): Json[] {
  if (query === undefined) return [];
  const { properties = {}, additionalProperties } = components.of(query, "input") as {
    properties?: Record<string, Json>;
    additionalProperties?: unknown;
  };
  const named = Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: false, schema }));
  if (additionalProperties === undefined || additionalProperties === false) return named;
  const labels = {
    name: "label.NAME",
    in: "query",
    required: false,
    description: "Of stations with this value of the label NAME; up to 10 of them",
    schema: { type: "string" },
    example: "north",
  };
  return [...named, labels];
}

const UPGRADE_HEADERS = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "" };

function headerParameters({ upgrade }: Route, { headers = {} }: Answers): Json[] {
  const all = upgrade === undefined ? headers : { ...UPGRADE_HEADERS, "Sec-WebSocket-Protocol": upgrade, ...headers };
  return Object.entries(all).map(([name, said]) => ({
    name,
    in: "header",
    required: upgrade !== undefined,
    description: said,
    schema: { type: "string" },
  }));
}

const requestBody = (schema: z.core.$ZodType, example: unknown, components: Components): Json => ({
  required: true,
  content: {
    "application/json": { schema: components.of(schema, "input"), ...(example !== undefined && { example }) },
  },
});

const binaryBody = (media: readonly string[]): Json => ({
  required: true,
  content: Object.fromEntries(media.map((each) => [each, {}])),
});

const REQUEST_ID = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };
const RETRY_AFTER = { "Retry-After": { $ref: "#/components/headers/RetryAfter" } };

function responses(route: Route, { answers, problems }: Answers, components: Components): Json {
  // A parameter that it does not know is refused by every one of them.
  const keyed = ["unauthorized", "tooManyAttempts", "invalid"] as const;
  const guarded = route.scope === "any" ? keyed : ([...keyed, "forbidden", "httpsRequired"] as const);
  const bound = route.scope !== null && route.part === "fleet" ? (["boundKey"] as const) : [];
  const all = [...problems, ...(route.scope === null ? [] : guarded), ...bound];
  const kinds = [...new Set(all)].map((name) => API_PROBLEMS[name]);
  const problem = components.of(problemSchema);
  const byStatus = Object.groupBy(kinds, ({ status }) => String(status));
  const made: Record<string, Json> = {};
  for (const [status, same = []] of Object.entries(byStatus)) {
    const examples = Object.fromEntries(
      same.map(({ slug, title, meaning }) => [
        slug,
        { value: { type: `/problems/${slug}`, title, status: Number(status), detail: meaning } },
      ]),
    );
    const waits = status === "429" || status === "503";
    made[status] = {
      description: same.map(({ slug, meaning }) => `[${slug}](/problems/${slug}): ${meaning}`).join("\n\n"),
      headers: { ...REQUEST_ID, ...(waits && RETRY_AFTER) },
      content: { "application/problem+json": { schema: problem, examples } },
    };
  }
  for (const [status, answer] of Object.entries(answers)) {
    const told = response(answer, components);
    const known = made[status] as { description: string; content: Json } | undefined;
    made[status] =
      known === undefined
        ? told
        : {
            ...told,
            description: `${String(told.description)}\n\n${known.description}`,
            content: { ...(told.content as Json), ...known.content },
          };
  }
  const { meaning } = API_PROBLEMS.internal;
  const content = { "application/problem+json": { schema: problem } };
  return { ...made, default: { description: meaning, headers: REQUEST_ID, content } };
}

function response(
  { description: said, schema, media = "application/json", example, headers = {} }: Answer,
  components: Components,
): Json {
  const more = Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: "string" } }]);
  const content =
    schema === undefined && example === undefined
      ? undefined
      : {
          [media]: {
            schema: schema === undefined ? { type: "string" } : components.of(schema),
            ...(example !== undefined && { example }),
          },
        };
  return {
    description: said,
    headers: { ...REQUEST_ID, ...Object.fromEntries(more) },
    ...(content !== undefined && { content }),
  };
}

/** [CloudEvents 1.0.2, JSON batch §4; Standard Webhooks] */
function events(components: Components): Json {
  const event = (type: string, data: z.ZodType) => ({
    type: "object",
    required: ["specversion", "id", "source", "subject", "type", "time", "datacontenttype", "sequence", "data"],
    properties: {
      specversion: { const: "1.0" },
      id: { type: "string", description: "The same on every retry" },
      source: { type: "string", description: "/stations/{id}" },
      subject: { type: "string", description: "The Charging Station's identity" },
      type: { const: type },
      time: { type: "string", format: "date-time" },
      datacontenttype: { const: "application/json" },
      sequence: { type: "integer", description: "Strictly rises per station" },
      data: components.of(data),
    },
  });
  const all = Object.entries(EVENT_DATA).map(([type, data]) => event(type, data));
  return {
    operationId: "receiveEvents",
    tags: ["webhooks"],
    security: [],
    summary: "Events of one station, in order, at least once",
    description: "Signed per Standard Webhooks. A 2xx acknowledges; anything else is tried again for 72 h.",
    parameters: SIGNATURE.map((name) => ({ name, in: "header", required: true, schema: { type: "string" } })),
    requestBody: {
      required: true,
      content: { "application/cloudevents-batch+json": { schema: { type: "array", items: { oneOf: all } } } },
    },
    responses: {
      204: { description: "They are taken" },
      413: { description: "Halve it" },
      429: { description: "Later: Retry-After is heeded" },
    },
  };
}

const SIGNATURE = ["webhook-id", "webhook-timestamp", "webhook-signature"];

const question = (components: Components): Json => ({
  operationId: "answerStation",
  tags: ["stations"],
  security: [],
  summary: "A station's CALL that is the CSMS's to answer",
  description:
    "Asked at CSMS_URL, signed per Standard Webhooks where CSMS_SECRET is set; answered within CSMS_TIMEOUT_MS.",
  requestBody: { required: true, content: { "application/json": { schema: components.of(questionSchema) } } },
  responses: {
    200: {
      description: "What the station is told",
      content: { "application/json": { schema: components.of(decisionSchema) } },
    },
  },
});
