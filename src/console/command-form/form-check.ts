/**
 * What of a payload would be refused, said at its field before it is sent. Must not know how fields are drawn; the edge's own check is
 * the one that counts.
 */
import { isHeld } from "../../ocpp/numbers.ts";
import { type Field, type FormSchema, itemOf, membersOf, rootField } from "./field.ts";
import { childAt, isNumberText, type Json, type Path, pointerOf } from "../json/json-tree.ts";

export interface FormFault {
  /** JSON pointer into the payload, as the API's are behind `/payload`. */
  path: string;
  message: string;
}

/** [RFC 3339 §5.6] What OCPP takes for a time: with its zone. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[-+]\d\d:\d\d)$/i;
/** More are not read at once. */
const FAULTS_MAX = 50;

export const checkForm = (schema: FormSchema, json: Json): FormFault[] =>
  check(rootField(schema), json, [], schema).slice(0, FAULTS_MAX);

function check(field: Field, json: Json, path: Path, root: FormSchema): FormFault[] {
  switch (field.kind) {
    case "object":
      return json.kind === "object"
        ? checkObject(field, json, path, root)
        : [{ path: pointerOf(path), message: "must be an object" }];
    case "list":
      return json.kind === "array"
        ? checkList(field, json.items, path, root)
        : [{ path: pointerOf(path), message: "must be a list" }];
    case "anything":
      return checkNumbers(json, path);
    case "choice":
    case "time":
    case "text":
    case "number":
    case "yes-no": {
      const message = simpleFault(field, json);
      return message === null ? [] : [{ path: pointerOf(path), message }];
    }
  }
}

function checkObject(
  field: Extract<Field, { kind: "object" }>,
  json: Extract<Json, { kind: "object" }>,
  path: Path,
  root: FormSchema,
): FormFault[] {
  const members = membersOf(field, root);
  const known = new Set(members.map(({ name }) => name));
  const others = json.members.filter(([name]) => !known.has(name));
  return [
    ...members.flatMap((each) => {
      const value = childAt(json, each.name);
      const where = [...path, each.name];
      if (value !== undefined) return check(each, value, where, root);
      return each.required ? [{ path: pointerOf(where), message: "is required" }] : [];
    }),
    ...(field.isOpen ? [] : others).map(([name]) => ({
      path: pointerOf([...path, name]),
      message: "is not known to OCPP here",
    })),
    ...others.flatMap(([name, value]) => checkNumbers(value, [...path, name])),
  ];
}

function checkList(
  field: Extract<Field, { kind: "list" }>,
  items: readonly Json[],
  path: Path,
  root: FormSchema,
): FormFault[] {
  const at = pointerOf(path);
  return [
    ...(items.length < field.min ? [{ path: at, message: `must have at least ${field.min}` }] : []),
    ...(field.max !== null && items.length > field.max
      ? [{ path: at, message: `must have at most ${field.max}` }]
      : []),
    ...items.flatMap((item, place) => check(itemOf(field, root, place), item, [...path, place], root)),
  ];
}

type Simple = Extract<Field, { kind: "choice" | "time" | "text" | "number" | "yes-no" }>;

/** `null`: there is none. */
function simpleFault(field: Simple, json: Json): string | null {
  switch (field.kind) {
    case "choice":
      return json.kind === "string" && field.values.includes(json.text) ? null : "must be one of those listed";
    case "time":
      return json.kind === "string" && TIME.test(json.text) && !Number.isNaN(Date.parse(json.text))
        ? null
        : "must be a time such as 2026-11-28T18:00:00Z";
    case "text": {
      if (json.kind !== "string") return "must be a text";
      // [JSON Schema draft-07 §6.3] Characters, not UTF-16 units.
      const { length } = [...json.text];
      if (field.maxLength !== null && length > field.maxLength)
        return `has ${length} characters, ${length - field.maxLength} too many`;
      return length < field.minLength ? `must have at least ${field.minLength} characters` : null;
    }
    case "number":
      return numberFault(field, json);
    case "yes-no":
      return json.kind === "literal" && json.value !== null ? null : "must be true or false";
  }
}

function numberFault({ isWhole, min, max, step }: Extract<Field, { kind: "number" }>, json: Json): string | null {
  if (json.kind !== "number" || !isNumberText(json.text)) return "must be a number";
  if (!isHeld(json.text)) return NOT_HELD;
  const value = Number(json.text);
  if (isWhole && !Number.isInteger(value)) return "must be a whole number";
  if (min !== null && value < min) return `must be ${min} or more`;
  if (max !== null && value > max) return `must be ${max} or less`;
  // 21.4 / 0.1 is 213.99999999999997.
  const steps = step === null ? 0 : value / step;
  return Math.abs(steps - Math.round(steps)) > STEP_TOLERANCE ? `must be in steps of ${step}` : null;
}

/** As the edge's check has it. */
const STEP_TOLERANCE = 1e-6;
/** [docs/decisions/0028] The edge refuses it too, but what it would be sent is another number already. */
const NOT_HELD = "would be changed on its way: no double holds it";

function checkNumbers(json: Json, path: Path): FormFault[] {
  switch (json.kind) {
    case "number":
      return isHeld(json.text) ? [] : [{ path: pointerOf(path), message: NOT_HELD }];
    case "array":
      return json.items.flatMap((item, place) => checkNumbers(item, [...path, place]));
    case "object":
      return json.members.flatMap(([name, each]) => checkNumbers(each, [...path, name]));
    case "string":
    case "literal":
      return [];
  }
}
