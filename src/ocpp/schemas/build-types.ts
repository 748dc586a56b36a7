// Writes the OCA's JSON schemas of one version as TypeScript: one type a definition, one entry an action and direction.
// It must not know about files, and trusts that build-table.ts has refused whatever is not understood.

import { type RawSchema, readId } from "./build-table.ts";

export function buildTypes(schemas: readonly RawSchema[]): string {
  /** Emitted types by name. The same name may mean different things in two messages: the second is called Name_2. */
  const bodies = new Map<string, string>();
  const entries = { request: [] as string[], response: [] as string[] };

  function declare(name: string, body: string): string {
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? name : `${name}_${n}`;
      const known = bodies.get(candidate);
      if (known === undefined) bodies.set(candidate, body);
      if (known === undefined || known === body) return candidate;
    }
  }

  function write(schema: RawSchema, root: RawSchema): string {
    if (schema.$ref !== undefined) {
      const name = schema.$ref.slice("#/definitions/".length);
      return declare(name, write(root.definitions?.[name] ?? {}, root));
    }
    switch (schema.type) {
      case "string":
        return schema.enum ? schema.enum.map((it) => JSON.stringify(it)).join(" | ") : "string";
      case "integer":
      case "number":
        return "number";
      case "boolean":
        return "boolean";
      case "array":
        return `Array<${write(schema.items ?? {}, root)}>`;
      case "object":
        return writeObject(schema, root);
      default:
        return "unknown";
    }
  }

  function writeObject(schema: RawSchema, root: RawSchema): string {
    const fields = Object.entries(schema.properties ?? {}).map(([name, it]) => {
      const mark = schema.required?.includes(name) ? "" : "?";
      return `${JSON.stringify(name)}${mark}: ${write(it, root)};`;
    });
    if (schema.additionalProperties !== false) fields.push("[name: string]: unknown;");
    return fields.length === 0 ? "Record<string, never>" : `{ ${fields.join(" ")} }`;
  }

  for (const schema of schemas) {
    const { action, direction } = readId(String(schema.$id));
    entries[direction].push(`  ${action}: ${write(schema, schema)};`);
  }
  return [
    ...[...bodies].map(([name, body]) => `export type ${name} = ${body};`),
    `export interface Requests {\n${entries.request.join("\n")}\n}`,
    `export interface Responses {\n${entries.response.join("\n")}\n}`,
    "",
  ].join("\n");
}
