/**
 * JSON as somebody wrote it: members in their order, numbers in their digits. Must not know what a payload means, nor lose a digit of it.
 */

export type Json =
  | { kind: "object"; members: readonly Member[] }
  | { kind: "array"; items: readonly Json[] }
  | { kind: "string"; text: string }
  /** As it was written: 9007199254740993 is no double. */
  | { kind: "number"; text: string }
  | { kind: "literal"; value: boolean | null };
export type Member = readonly [name: string, value: Json];

/** From the root; a number is a place in a list. */
export type Path = readonly (string | number)[];

export const EMPTY: Json = { kind: "object", members: [] };
/** [RFC 8259 §6] */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

export const isNumberText = (text: string): boolean => NUMBER.test(text);

/** [RFC 6901] */
export const pointerOf = (path: Path): string =>
  path.map((each) => `/${String(each).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** The steps of a pointer; each is a name, also where a list is meant. */
export const stepsOf = (pointer: string): string[] =>
  pointer === ""
    ? []
    : pointer
        .slice(1)
        .split("/")
        .map((each) => each.replaceAll("~1", "/").replaceAll("~0", "~"));

export function childAt(json: Json | undefined, step: string | number): Json | undefined {
  if (json?.kind === "object") return json.members.findLast(([name]) => name === String(step))?.[1];
  if (json?.kind === "array") return json.items[Number(step)];
  return undefined;
}

export const at = (json: Json | undefined, path: Path): Json | undefined =>
  path.reduce<Json | undefined>((value, step) => childAt(value, step), json);

/** With `value` there, and what leads to it; `undefined`: without what was there. */
export function put(json: Json | undefined, path: Path, value: Json | undefined): Json | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const inside = put(childAt(json, step), rest, value);
  if (typeof step === "number") {
    const items = json?.kind === "array" ? [...json.items] : [];
    if (inside === undefined) items.splice(step, 1);
    else items.splice(step, 1, inside);
    return { kind: "array", items };
  }
  const members = json?.kind === "object" ? json.members : [];
  if (inside === undefined) return { kind: "object", members: members.filter(([name]) => name !== step) };
  const isThere = members.some(([name]) => name === step);
  return {
    kind: "object",
    members: isThere
      ? members.map((member) => (member[0] === step ? [step, inside] : member))
      : [...members, [step, inside]],
  };
}

/** @param value of JSON.parse, or what goes to JSON.stringify */
export function treeOf(value: unknown): Json {
  if (Array.isArray(value)) return { kind: "array", items: value.map(treeOf) };
  if (typeof value === "string") return { kind: "string", text: value };
  if (typeof value === "number") return { kind: "number", text: String(value) };
  if (typeof value !== "object" || value === null)
    return { kind: "literal", value: value === true || value === false ? value : null };
  return { kind: "object", members: Object.entries(value).map(([name, each]) => [name, treeOf(each)]) };
}

/** What JSON.parse would make of it. */
export function plainOf(json: Json): unknown {
  switch (json.kind) {
    case "object":
      // A member named __proto__ is a member.
      return Object.fromEntries(json.members.map(([name, each]) => [name, plainOf(each)]));
    case "array":
      return json.items.map(plainOf);
    case "string":
      return json.text;
    case "number":
      return Number(json.text);
    case "literal":
      return json.value;
  }
}

/** @param step blanks of one level; 0: on one line */
export function writeJson(json: Json, step = 2, indent = ""): string {
  const deeper = indent + " ".repeat(step);
  const list = (open: string, parts: readonly string[], close: string): string => {
    if (parts.length === 0) return open + close;
    return step === 0
      ? open + parts.join(",") + close
      : `${open}\n${parts.map((part) => deeper + part).join(",\n")}\n${indent}${close}`;
  };
  switch (json.kind) {
    case "object":
      return list(
        "{",
        json.members.map(
          ([name, each]) => `${JSON.stringify(name)}:${step === 0 ? "" : " "}${writeJson(each, step, deeper)}`,
        ),
        "}",
      );
    case "array":
      return list(
        "[",
        json.items.map((each) => writeJson(each, step, deeper)),
        "]",
      );
    case "string":
      return JSON.stringify(json.text);
    case "number":
      return json.text;
    case "literal":
      return String(json.value);
  }
}
