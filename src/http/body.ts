/**
 * Request bodies, queries and path parameters to checked values, or a problem that names each fault. Must not know
 * what the values are for.
 */
import * as z from "zod/mini";
import type { $ZodType, output } from "zod/v4/core";
import { parseJson } from "../json.ts";
import "../fault-words.ts";
import { checkIdentity } from "../ocpp/identity.ts";
import { isDeeper, NESTING_MAX } from "../ocpp/message.ts";
import { alteredNumber } from "../ocpp/numbers.ts";
import type { ApiContext } from "./auth.ts";
import { findOddity } from "./odd-json.ts";
import { cut, type Fault, problems } from "./problem.ts";

/** Faults told of one request. */
const FAULTS_MAX = 20;
/** Of a request body: a payload of the largest frame, with room for what is around it. */
const BODY_MAX_BYTES = 1_500_000;
/** [RFC 8259 §8.1] What is put right in silence is no longer what was sent: a password would be another one. */
const NOT_UTF_8 = "The body is not UTF-8";

export async function readBody<Schema extends $ZodType>(c: ApiContext, schema: Schema): Promise<output<Schema>> {
  let body: unknown;
  refuseEncoded(c);
  const text = await boundedText(c.req.raw);
  try {
    body = parseJson(text);
  } catch {
    throw problems.malformedJson("The body is not JSON.");
  }
  // It would overflow whatever writes it out again.
  if (isDeeper(body, NESTING_MAX)) throw problems.invalid(`The body is nested more than ${NESTING_MAX} deep.`);
  const odd = findOddity(body);
  if (odd?.kind === "lone-surrogate")
    throw problems.malformedJson(`${NOT_UTF_8}: a lone surrogate at ${cut(odd.path)}`);
  if (odd !== null) throw faulty([odd.path], "unknown field");
  const altered = alteredNumber(text, body);
  if (altered !== null) {
    const errors = [{ path: altered.path, message: `the number ${cut(altered.text)} would be changed` }];
    throw problems.invalid("The request is not valid.", { errors });
  }
  return check(schema, body);
}

/** A body that is no JSON. */
export async function readBytes(c: ApiContext, maxBytes: number): Promise<Uint8Array> {
  refuseEncoded(c);
  const { raw: request } = c.req;
  const length = request.headers.get("Content-Length");
  if (length !== null && Number(length) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** [RFC 9110 §15.5.16] Or it would pass for what it is not. */
function refuseEncoded(c: ApiContext): void {
  const encoding = c.req.header("Content-Encoding")?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return;
  const headers = { "Accept-Encoding": "identity" };
  throw problems.unsupportedEncoding("A body is taken as it is, without a Content-Encoding.", { headers });
}

/** Who leaves in the midst of an upload, which is no failure of ours, may be told of it or not. */
const cutOff = (): never => {
  throw problems.malformedJson("The body did not come whole.");
};

async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body ?? []) yield chunk;
  } catch {
    cutOff();
  }
}

const tooLarge = (maxBytes: number) => problems.bodyTooLarge(`A body may have ${maxBytes} bytes.`);

/** A stream only where no length was said: to read one is dear. */
async function boundedText(request: Request): Promise<string> {
  const length = request.headers.get("Content-Length");
  if (length !== null && Number(length) > BODY_MAX_BYTES) throw tooLarge(BODY_MAX_BYTES);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const decode = (chunk?: BufferSource, stream = false): string => {
    try {
      return decoder.decode(chunk, { stream });
    } catch {
      throw problems.malformedJson(`${NOT_UTF_8}.`);
    }
  };
  if (length !== null || request.body === null) return decode(await request.arrayBuffer().catch(cutOff));
  let bytes = 0;
  let text = "";
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.byteLength;
    if (bytes > BODY_MAX_BYTES) throw tooLarge(BODY_MAX_BYTES);
    text += decode(chunk, true);
  }
  return text + decode();
}

/** What an object inherits is no parameter of any route, and would be lost in one that holds them. */
export function readQuery<Schema extends $ZodType>(c: ApiContext, schema: Schema): output<Schema> {
  const names = [...new URL(c.req.url).searchParams.keys()];
  const inherited = names.filter((name) => name in Object.prototype);
  if (inherited.length > 0) throw faulty(inherited.map(parameter), "unknown parameter");
  // One of two values would count, and nobody would be told which.
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  if (repeated.size > 0) throw faulty([...repeated].map(parameter), "given more than once");
  return check(schema, c.req.query());
}

/** Each with the same message. */
export const faulty = (paths: readonly string[], message: string) =>
  problems.invalid("The request is not valid.", {
    errors: paths.map((path) => ({ path, message })).slice(0, FAULTS_MAX),
  });

function check<Schema extends $ZodType>(schema: Schema, value: unknown): output<Schema> {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue): Fault[] => {
    const path = pointer(issue.path);
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({ path: `${path}${pointer([key])}`, message: "unknown field" }));
  });
  throw problems.invalid("The request is not valid.", { errors: errors.slice(0, FAULTS_MAX) });
}

/** Of the query: where its fault is, as in a body. */
export const parameter = (name: string): string => pointer([name]);

/** [RFC 6901] */
const pointer = (path: PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** The station a path names. */
export function stationIdOf(c: ApiContext): string {
  const identity = checkIdentity(c.req.param("id") ?? "");
  if (!identity.ok)
    throw problems.illegalIdentity(`The path does not name a legal station identity: ${identity.error}.`);
  return identity.value;
}
