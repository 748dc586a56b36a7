/**
 * Whether two distinguished names are one, whatever strings they are written in. Must not know whose they are.
 */
import "./reflect-metadata.ts";
import { type JsonName, Name } from "@peculiar/x509";

/**
 * [RFC 5280 §7.1] Attributes in order, case folded, inner spaces made one: a text that is the same for names that match.
 * @param der of a Name
 */
export const comparableName = (der: Uint8Array): string => JSON.stringify(rdnsOf(der));

/** Its relative names, each comparable. */
export const rdnsOf = (der: Uint8Array): string[] => new Name(der).toJSON().map(comparableRdn);

const comparableRdn = (rdn: JsonName[number]): string =>
  JSON.stringify(
    Object.entries(rdn)
      .map(([type, values]): [string, string[]] => [type, values.map(comparableValue).sort()])
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );

function comparableValue(value: string | Record<string, unknown>): string {
  const text = typeof value === "string" ? value : String(Object.values(value)[0]);
  return text.normalize("NFKC").trim().replaceAll(/\s+/g, " ").toLowerCase();
}

/** [RFC 5280 §4.2.1.10] Mailboxes in a name: emailAddress, under either of its names. */
export function emailsOf(der: Uint8Array): string[] {
  const name = new Name(der);
  return [...name.getField("E"), ...name.getField("1.2.840.113549.1.9.1")];
}
