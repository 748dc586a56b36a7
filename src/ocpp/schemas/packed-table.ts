// Writes schema tables as one short text, what several of them have in common once, and reads one of them back from it.
// It must not know versions, nor what a schema is checked by.

import type { SchemaNode, SchemaTable } from "./table.ts";

/**
 * An object as whether it is open, then each property's name (with `!` where it is required) and node, then the required ones where their
 * order is another one; an enumeration as its values with spaces between them; anything else as it is.
 */
type Packed = (string | number | string[])[] | string | SchemaNode;
type Text = [nodes: Packed[], ...actions: SchemaTable["actions"][]];

const REQUIRED = "!";

export function packTables(tables: readonly SchemaTable[]): string {
  const nodes: Packed[] = [];
  const places = new Map<string, number>();
  const place = (node: SchemaNode): number => {
    const packed = pack(node);
    const text = JSON.stringify(packed);
    const known = places.get(text) ?? nodes.push(packed) - 1;
    places.set(text, known);
    return known;
  };
  const actions = tables.map((table) => {
    const moved: number[] = [];
    for (const { properties, items, ...node } of table.nodes) {
      const at = (index: number) => moved[index] as number;
      const entries = Object.entries(properties ?? {}).map(([name, index]) => [name, at(index)]);
      moved.push(
        place({
          ...node,
          ...(properties !== undefined && { properties: Object.fromEntries(entries) }),
          ...(items !== undefined && { items: at(items) }),
        }),
      );
    }
    const entries = Object.entries(table.actions).map(([action, pair]) => [
      action,
      pair.map((index = 0) => moved[index]),
    ]);
    return Object.fromEntries(entries) as SchemaTable["actions"];
  });
  return JSON.stringify([nodes, ...actions] satisfies Text);
}

function pack(node: SchemaNode): Packed {
  const { type, properties = {}, required = [], open } = node;
  if (type === "string" && node.enum !== undefined && Object.keys(node).length === 2) {
    if (node.enum.some((value) => value.includes(" "))) throw new Error(`a value of an enumeration with a space`);
    return node.enum.join(" ");
  }
  if (type !== "object") return node;
  const packed: Packed = [open === true ? 1 : 0];
  for (const [name, index] of Object.entries(properties)) {
    if (name.endsWith(REQUIRED)) throw new Error(`property ${name}`);
    packed.push(required.includes(name) ? name + REQUIRED : name, index);
  }
  const inOrder = Object.keys(properties).filter((name) => required.includes(name));
  if (inOrder.join() !== required.join()) packed.push(required);
  return packed;
}

/** @param which of those that were written */
export function unpackTable(text: string, which: number): SchemaTable {
  const [packed, ...actions] = JSON.parse(text) as Text;
  return { nodes: packed.map(unpack), actions: actions[which] ?? {} };
}

function unpack(packed: Packed): SchemaNode {
  if (typeof packed === "string") return { type: "string", enum: packed.split(" ") };
  if (!Array.isArray(packed)) return packed;
  const properties: Record<string, number> = {};
  let required: string[] = [];
  for (let at = 1; at < packed.length; at += 2) {
    const name = packed[at];
    // The list of those that are required, in an order of their own, comes last.
    if (Array.isArray(name)) required = name;
    if (typeof name !== "string") break;
    const own = name.endsWith(REQUIRED) ? name.slice(0, -1) : name;
    if (own !== name) required.push(own);
    properties[own] = packed[at + 1] as number;
  }
  return { type: "object", properties, required, ...(packed[0] === 1 && { open: true }) };
}
