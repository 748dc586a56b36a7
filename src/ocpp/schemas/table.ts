// Says what the generated schema table of one OCPP version looks like: every distinct schema once, referred to by its index.
// It must not know where the schemas came from, nor how they are checked.

export type NodeType = "object" | "array" | "string" | "integer" | "number" | "boolean";

/** One schema; a node without a type accepts anything (`data` of 2.x DataTransfer). */
export interface SchemaNode {
  type?: NodeType;
  /** Property name → index of its node, in the schema's order: the order in which faults are found. */
  properties?: Record<string, number>;
  required?: string[];
  /** True where further properties are allowed (customData alone): the exception, so that the rule costs no bytes. */
  open?: true;
  items?: number;
  minItems?: number;
  maxItems?: number;
  enum?: string[];
  minLength?: number;
  maxLength?: number;
  format?: string;
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
}

export interface SchemaTable {
  /** A node refers to earlier nodes only, so that no check can recurse for ever. */
  nodes: SchemaNode[];
  /** Action → node of its request, node of its response (NotifyPeriodicEventStream has none). */
  actions: Record<string, [request: number, response?: number]>;
}

/** The formats that `formats.ts` can check; the generator refuses any other. */
export const FORMATS = ["date-time", "uri"] as const;
