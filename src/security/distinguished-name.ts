/**
 * RFC 2253 distinguished names, as the edge spells a certificate's subject. Must not know what a name is for.
 */

export interface Attribute {
  /** Upper case: "CN", "O", an OID. */
  type: string;
  /** `null`: it is written as the hex of its bytes, so it is no text. */
  value: string | null;
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
      /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*) *=((?:\\[0-9A-Fa-f]{2}|\\[^0-9A-Fa-f]|[^\\,+;"<>])*)([,+]|$)/.exec(
        rest,
      );
    if (match === null) return null;
    const [whole, type = "", escaped = "", separator] = match;
    // Of spaces this one alone means nothing: another one in front or behind is another name.
    const bare = escaped.replace(/^ +|(?<!\\) +$/g, "");
    // [RFC 2253 §2.4] "#" in front that belongs to a value comes escaped, but for a lone one, which OpenSSL lets be.
    const isHex = /^#(?:[0-9A-Fa-f]{2})+$/.test(bare);
    const value = isHex ? null : unescapeValue(bare);
    if (value === null && !isHex) return null;
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
