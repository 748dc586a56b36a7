/**
 * What JSON can say that nothing behind it keeps: half of a character, and a field that is lost in any object. Must not
 * know what a body is for.
 */

export interface Oddity {
  kind: "lone-surrogate" | "prototype";
  /** [RFC 6901] */
  path: string;
}

/** @param value as `JSON.parse` gives it, of bounded depth. `null`: there is none. */
export function findOddity(value: unknown, path = ""): Oddity | null {
  if (typeof value === "string") return value.isWellFormed() ? null : { kind: "lone-surrogate", path };
  if (typeof value !== "object" || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    if (!name.isWellFormed()) return { kind: "lone-surrogate", path };
    const at = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    // Set in an object, it is the prototype and no field.
    if (name === "__proto__") return { kind: "prototype", path: at };
    const odd = findOddity(inner, at);
    if (odd !== null) return odd;
  }
  return null;
}
