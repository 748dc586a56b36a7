/**
 * Distinguished names as Node prints them, respelled as the edge does, so that no value can pass for another attribute.
 * Must not know whose names they are.
 */

/**
 * [RFC 2253 §2] Last attribute first. Node gives a line per RDN with the specials in it already escaped,
 * also the line break, and leaves only what is not ASCII.
 */
export function rfc2253(lines: string): string {
  return rdnsOf(lines)
    .map((attributes) => attributes.reverse().join("+"))
    .reverse()
    .join(",");
}

/** OpenSSL's one-line form. It escapes no "/", by which `O=a/CN=b` would read as a CN: here it does. */
export function legacy(lines: string): string {
  return rdnsOf(lines)
    .map((attributes) => `/${attributes.map(legacyAttribute).join("+")}`)
    .join("");
}

function rdnsOf(lines: string): string[][] {
  if (lines === "") return [];
  // A plus sign inside of a value arrives escaped, so that this one is always a separator.
  return lines.split("\n").map((line) => line.split(" + ").map(escapeNonAscii));
}

function legacyAttribute(attribute: string): string {
  return attribute.replace(/\\([0-9A-F]{2})|\\(.)|[/]/g, (found, hex?: string, special?: string) => {
    if (hex !== undefined) return `\\x${hex}`;
    const character = special ?? found;
    return /[\\/+]/.test(character) ? `\\${character}` : character;
  });
}

function escapeNonAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) =>
    Buffer.from(character).toString("hex").toUpperCase().replace(/../g, "\\$&"),
  );
}
