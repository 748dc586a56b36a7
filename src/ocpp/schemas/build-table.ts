// Turns the OCA's JSON schemas of one version into the compact table: texts dropped, $refs resolved, equal schemas shared.
// It must not know about files; and whatever it does not understand it refuses, because a keyword left out is a check left out.

import { FORMATS, type NodeType, type SchemaNode, type SchemaTable } from "./table.ts";

export interface RawSchema {
  $id?: string;
  $ref?: string;
  type?: string;
  definitions?: Record<string, RawSchema>;
  properties?: Record<string, RawSchema>;
  items?: RawSchema;
  additionalProperties?: boolean;
  required?: string[];
  enum?: string[];
  [keyword: string]: unknown;
}

const TYPES: readonly string[] = ["object", "array", "string", "integer", "number", "boolean"] satisfies NodeType[];

/** Say nothing about validity. additionalItems does nothing beside an `items` that is one schema [draft-07 §6.4.2]. */
const IGNORED = new Set(["$id", "$schema", "definitions", "description", "comment", "javaType", "default"]);

/** Which keywords may stand beside which type. */
const KNOWN: Record<string, readonly string[]> = {
  object: ["type", "properties", "required", "additionalProperties"],
  array: ["type", "items", "additionalItems", "minItems", "maxItems"],
  // The enumerations of 2.1 carry `additionalProperties: false`, which says nothing about a string.
  string: ["type", "enum", "minLength", "maxLength", "format", "additionalProperties"],
  integer: ["type", "minimum", "maximum", "multipleOf"],
  number: ["type", "minimum", "maximum", "multipleOf"],
  boolean: ["type"],
  anything: [],
};

/** `urn:Authorize.req` (1.6, 2.0.1), `urn:AuthorizeRequest` (2.1), `urn:NotifyPeriodicEventStream` (2.1, no answer). */
export function readId(id: string): { action: string; direction: "request" | "response" } {
  const match = /^urn:([A-Za-z0-9]+?)(?:(\.req|Request)|(\.conf|Response))?$/.exec(id);
  if (!match?.[1]) throw new Error(`${id}: not a name of a message`);
  return { action: match[1], direction: match[3] ? "response" : "request" };
}

export function buildTable(schemas: readonly RawSchema[]): SchemaTable {
  const nodes: SchemaNode[] = [];
  const byText = new Map<string, number>();
  const requests = new Map<string, number>();
  const responses = new Map<string, number>();

  function intern(node: SchemaNode): number {
    const text = JSON.stringify(node);
    const known = byText.get(text);
    if (known !== undefined) return known;
    byText.set(text, nodes.length);
    return nodes.push(node) - 1;
  }

  function add(schema: RawSchema, root: RawSchema, open: readonly string[]): number {
    const id = String(root.$id);
    const refuse = (what: string): never => {
      throw new Error(`${id}: ${what}`);
    };
    if (schema.$ref !== undefined) {
      const name = /^#\/definitions\/(\w+)$/.exec(schema.$ref)?.[1] ?? refuse(`$ref ${schema.$ref}`);
      const target = root.definitions?.[name] ?? refuse(`$ref ${schema.$ref} leads nowhere`);
      // [draft-07 §8.3] what stands beside a $ref is ignored.
      // A schema that contains itself would let a payload choose how deep the checks go.
      return open.includes(name) ? refuse(`$ref ${name} contains itself`) : add(target, root, [...open, name]);
    }
    const { type } = schema;
    if (type !== undefined && !TYPES.includes(type)) refuse(`keyword type ${JSON.stringify(type)}`);
    for (const keyword of Object.keys(schema)) {
      if (!IGNORED.has(keyword) && !KNOWN[type ?? "anything"]?.includes(keyword)) refuse(`keyword ${keyword}`);
    }

    const node: SchemaNode = type === undefined ? {} : { type: type as NodeType };
    if (type === "object") {
      if (schema.additionalProperties !== false && schema.additionalProperties !== undefined) {
        refuse("keyword additionalProperties that is not false");
      }
      for (const name of [...Object.keys(schema.properties ?? {}), ...(schema.required ?? [])]) {
        // The checks read payload[name]; an inherited member would look like a property that is there.
        if (name in Object.prototype) refuse(`property ${name}`);
      }
      const properties = Object.entries(schema.properties ?? {}).map(([name, it]) => [name, add(it, root, open)]);
      if (properties.length > 0) node.properties = Object.fromEntries(properties);
      if (schema.required?.length) node.required = schema.required;
      if (schema.additionalProperties !== false) node.open = true;
      return intern(node);
    }
    if (type === "array") node.items = add(schema.items ?? refuse("keyword items missing"), root, open);
    if (schema.enum && !schema.enum.every((it) => typeof it === "string"))
      refuse("keyword enum with other than strings");
    const format = schema.format;
    if (format !== undefined && !(FORMATS as readonly unknown[]).includes(format)) refuse(`keyword format ${format}`);
    for (const keyword of KNOWN[type ?? "anything"] ?? []) {
      if (keyword in schema && !["type", "items", "additionalItems", "additionalProperties"].includes(keyword)) {
        Object.assign(node, { [keyword]: schema[keyword] });
      }
    }
    return intern(node);
  }

  for (const schema of schemas) {
    const { action, direction } = readId(String(schema.$id));
    const into = direction === "request" ? requests : responses;
    if (into.has(action)) throw new Error(`${schema.$id}: twice`);
    if (schema.type !== "object") throw new Error(`${schema.$id}: keyword type of a payload is not object`);
    into.set(action, add(schema, schema, []));
  }
  const actions: SchemaTable["actions"] = {};
  for (const [action, request] of requests) {
    const response = responses.get(action);
    actions[action] = response === undefined ? [request] : [request, response];
  }
  for (const action of responses.keys()) if (!requests.has(action)) throw new Error(`urn:${action}: a response alone`);
  return { nodes, actions };
}
