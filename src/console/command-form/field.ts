/**
 * What a form shows of a place in a payload, by the action's OCPP schema. Must not know how it is drawn, nor what is in it.
 */

/** [JSON Schema draft-07] As far as OCPP uses it; the generator refuses what is not here. */
export interface FormSchema {
  $ref?: string;
  type?: string;
  description?: string;
  definitions?: Readonly<Record<string, FormSchema>>;
  properties?: Readonly<Record<string, FormSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean;
  items?: FormSchema;
  enum?: readonly string[];
  format?: string;
  default?: unknown;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
}

export type Field = { name: string; required: boolean; about: string } & Shape;

export type Shape =
  /** `isOpen`: it may have members that OCPP does not name. */
  | { kind: "object"; isOpen: boolean; schema: FormSchema }
  | { kind: "list"; min: number; max: number | null; schema: FormSchema }
  | { kind: "choice"; values: readonly string[] }
  | { kind: "text"; minLength: number; maxLength: number | null; isUri: boolean; isLong: boolean }
  | { kind: "time" }
  | { kind: "number"; isWhole: boolean; min: number | null; max: number | null; step: number | null }
  | { kind: "yes-no" }
  /** Any JSON. */
  | { kind: "anything" };

/** Characters beyond which a text has more than a line to be read on. */
const LINE_MAX = 128;

/** The first is the whole payload. */
export const rootField = (schema: FormSchema): Field => fieldOf("", schema, schema, true);

/** Required ones first, each group in the schema's order; `customData`, which is nobody's first thought, last. */
export function membersOf(field: Field, root: FormSchema): Field[] {
  if (field.kind !== "object") return [];
  const { properties = {}, required = [] } = field.schema;
  const rank = ({ name, required }: Field) => (required ? 0 : name === "customData" ? 2 : 1);
  return Object.entries(properties)
    .map(([name, schema]) => fieldOf(name, schema, root, required.includes(name)))
    .sort((one, other) => rank(one) - rank(other));
}

/** What each of a list's is. */
export function itemOf(field: Field, root: FormSchema, place: number): Field {
  const items = field.kind === "list" ? field.schema.items : undefined;
  return fieldOf(String(place), items ?? {}, root, true);
}

function fieldOf(name: string, given: FormSchema, root: FormSchema, required: boolean): Field {
  const schema = resolved(given, root);
  // What stands beside a $ref is about this place, what is behind it about the type.
  const about = given.description ?? schema.description ?? "";
  return { name, required, about, ...shapeOf(schema) };
}

function resolved(schema: FormSchema, root: FormSchema): FormSchema {
  const name = schema.$ref?.slice("#/definitions/".length);
  return name === undefined ? schema : (root.definitions?.[name] ?? {});
}

function shapeOf(schema: FormSchema): Shape {
  switch (schema.type) {
    case "object":
      return { kind: "object", isOpen: schema.additionalProperties !== false, schema };
    case "array":
      return { kind: "list", min: schema.minItems ?? 0, max: schema.maxItems ?? null, schema };
    case "string": {
      if (schema.enum !== undefined) return { kind: "choice", values: schema.enum };
      if (schema.format === "date-time") return { kind: "time" };
      const { minLength = 0, maxLength = null } = schema;
      return {
        kind: "text",
        minLength,
        maxLength,
        isUri: schema.format === "uri",
        isLong: (maxLength ?? 0) > LINE_MAX,
      };
    }
    case "integer":
    case "number": {
      const { minimum = null, maximum = null, multipleOf = null } = schema;
      return { kind: "number", isWhole: schema.type === "integer", min: minimum, max: maximum, step: multipleOf };
    }
    case "boolean":
      return { kind: "yes-no" };
    default:
      return { kind: "anything" };
  }
}

/** What is said of a field's limits before anything is sent; "": there are none. */
export function limitsOf(field: Field): string {
  switch (field.kind) {
    case "text": {
      const length = field.maxLength === null ? "" : `up to ${field.maxLength} characters`;
      return [field.isUri ? "a URI" : "", field.minLength > 0 ? `at least ${field.minLength}` : "", length]
        .filter((each) => each !== "")
        .join(", ");
    }
    case "number": {
      const range =
        field.min !== null && field.max !== null
          ? `${field.min} to ${field.max}`
          : field.min !== null
            ? `${field.min} or more`
            : field.max !== null
              ? `up to ${field.max}`
              : "";
      const step = field.step === null ? "" : `in steps of ${field.step}`;
      return [field.isWhole ? "a whole number" : "a number", range, step].filter((each) => each !== "").join(", ");
    }
    case "list":
      if (field.max === null) return field.min > 0 ? `at least ${field.min}` : "";
      return field.min > 0 ? `${field.min} to ${field.max}` : `up to ${field.max}`;
    case "time":
      return "in your zone; sent as UTC";
    case "anything":
      return "any JSON";
    case "object":
    case "choice":
    case "yes-no":
      return "";
  }
}
