/**
 * RFC 2253 distinguished names, as the edge spells a certificate's subject. Must not know what a name is for.
 */

export interface Attribute {
  /** Upper case: "CN", "O", an OID. */
  type: string;
  value: string;
}

/**
 * The attributes in order, unescaped; `null` if it is no RFC 2253 name. A comma or plus that belongs to a value comes
 * escaped, so a value that holds ",CN=other" never reads as a second attribute.
 */
export function parseDistinguishedName(text: string): Attribute[] | null {
  const attributes: Attribute[] = [];
  let rest = text;
  while (rest !== "") {
    const match =
      /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=((?:\\[0-9A-Fa-f]{2}|\\[^0-9A-Fa-f]|[^\\,+;"<>])*)([,+]|$)/.exec(
        rest,
      );
    if (match === null) return null;
    const [whole, type = "", escaped = "", separator] = match;
    const value = unescapeValue(escaped.replace(/^\s+|(?<!\\)\s+$/g, ""));
    if (value === null) return null;
    attributes.push({ type: type.toUpperCase(), value });
    rest = rest.slice(whole.length);
    if (rest === "" && separator !== "") return null;
  }
  return attributes.length === 0 ? null : attributes;
}

/** Hex pairs are bytes of UTF-8; `null` if they are not. */
function unescapeValue(escaped: string): string | null {
  const encoder = new TextEncoder();
  const parts = escaped.match(/\\[0-9A-Fa-f]{2}|\\.|[^\\]+/gsu) ?? [];
  const bytes = parts.flatMap((part) => {
    if (!part.startsWith("\\")) return [...encoder.encode(part)];
    return /^\\[0-9A-Fa-f]{2}$/.test(part) ? [Number.parseInt(part.slice(1), 16)] : [...encoder.encode(part.slice(1))];
  });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}
