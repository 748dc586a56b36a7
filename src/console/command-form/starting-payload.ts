/**
 * What a form opens with: what the action needs at least, and what of the last one sent may be kept. Must not know where that is kept.
 */
import { MASK, maskedPayload } from "../../security/masked-message.ts";
import { type Field, type FormSchema, itemOf, membersOf, rootField } from "./field.ts";
import { type Json, treeOf } from "../json/json-tree.ts";

/** A place that is filled in: an object with what it needs, a list with as many as it needs; `undefined`: left to whoever fills it in. */
export function filled(field: Field, root: FormSchema): Json | undefined {
  switch (field.kind) {
    case "object":
      return {
        kind: "object",
        members: membersOf(field, root).flatMap((each) => {
          const value = each.required ? filled(each, root) : undefined;
          return value === undefined ? [] : [[each.name, value] as const];
        }),
      };
    case "list":
      return {
        kind: "array",
        items: Array.from({ length: Math.max(field.min, field.required ? 1 : 0) }, (_, place) => {
          const item = itemOf(field, root, place);
          return filled(item, root) ?? blank(item);
        }),
      };
    case "choice":
      // The only one is no choice.
      return field.values.length === 1 ? { kind: "string", text: field.values[0] as string } : undefined;
    case "text":
    case "time":
    case "number":
    case "yes-no":
    case "anything":
      return undefined;
  }
}

/** What stands for one of a list that nobody has filled in yet: it has to be something, for a list has no gaps. */
export function blank(field: Field): Json {
  switch (field.kind) {
    case "object":
      return { kind: "object", members: [] };
    case "list":
      return { kind: "array", items: [] };
    case "choice":
      return { kind: "string", text: field.values[0] ?? "" };
    case "yes-no":
      return { kind: "literal", value: false };
    case "text":
    case "time":
    case "number":
    case "anything":
      return { kind: "string", text: "" };
  }
}

export const startingPayload = (schema: FormSchema): Json =>
  filled(rootField(schema), schema) ?? { kind: "object", members: [] };

/** Of a payload that was sent what may be kept for the next: nothing that is a secret, not that there was one either. */
export const keepable = (action: string, payload: unknown): Json =>
  without(treeOf(maskedPayload(payload, action))) ?? { kind: "object", members: [] };

function without(json: Json): Json | undefined {
  switch (json.kind) {
    case "string":
      return json.text.includes(MASK) ? undefined : json;
    case "object":
      return {
        kind: "object",
        members: json.members.flatMap(([name, each]) => {
          const kept = without(each);
          return kept === undefined ? [] : [[name, kept] as const];
        }),
      };
    case "array":
      return { kind: "array", items: json.items.flatMap((each) => without(each) ?? []) };
    case "number":
    case "literal":
      return json;
  }
}
