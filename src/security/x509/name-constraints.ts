/**
 * Whether a certificate's names are among those that a CA above it may give. Must not know the chain.
 */
import { DerError, DerReader } from "./der.ts";
import { type Certificate, NAME_CONSTRAINTS, SUBJECT_ALTERNATIVE_NAME } from "./certificate.ts";
import { emailsOf, rdnsOf } from "./name.ts";

interface GeneralName {
  /** [RFC 5280 §4.2.1.6] The tag of its kind. */
  kind: number;
  content: Uint8Array;
}

const EMAIL = 0x81;
const DNS = 0x82;
const DIRECTORY = 0xa4;
const URI = 0x86;
const IP = 0x87;

/** What is wrong with the names; `null`: nothing. @throws DerError */
export function nameFault(ca: Certificate, certificate: Certificate): string | null {
  const value = ca.extensions.get(NAME_CONSTRAINTS);
  if (value === undefined) return null;
  const constraints = new DerReader(value).inside();
  const permitted = subtreesOf(constraints.optional(0xa0)?.content);
  const excluded = subtreesOf(constraints.optional(0xa1)?.content);
  for (const name of namesOf(certificate)) {
    const ofKind = permitted.filter(({ kind }) => kind === name.kind);
    if (ofKind.length > 0 && !ofKind.some((base) => isWithin(name, base, false)))
      return "a name is not permitted to its CA";
    if (excluded.some((base) => base.kind === name.kind && isWithin(name, base, true)))
      return "a name is excluded from its CA";
  }
  return null;
}

function subtreesOf(content: Uint8Array | undefined): GeneralName[] {
  const found: GeneralName[] = [];
  const all = new DerReader(content ?? new Uint8Array());
  while (!all.isAtEnd) {
    const subtree = all.inside();
    const { tag, content: base } = subtree.next();
    // [RFC 5280 §4.2.1.10] minimum is 0, and maximum absent.
    if (!subtree.isAtEnd) throw new DerError("name constraints with a distance");
    found.push({ kind: tag, content: base });
  }
  return found;
}

function namesOf({ subject, extensions }: Certificate): GeneralName[] {
  const names: GeneralName[] = [];
  if (rdnsOf(subject).length > 0) names.push({ kind: DIRECTORY, content: subject });
  const alternative = extensions.get(SUBJECT_ALTERNATIVE_NAME);
  const all = alternative === undefined ? null : new DerReader(alternative).inside();
  while (all !== null && !all.isAtEnd) {
    const { tag, content } = all.next();
    names.push({ kind: tag, content });
  }
  for (const email of emailsOf(subject)) names.push({ kind: EMAIL, content: new TextEncoder().encode(email) });
  return names;
}

/** @param unclear what is said of a name that cannot be compared: it must not help it in */
function isWithin({ kind, content }: GeneralName, base: GeneralName, unclear: boolean): boolean {
  const [name, limit] = [text(content), text(base.content)];
  switch (kind) {
    case DIRECTORY: {
      const [own, above] = [rdnsOf(content), rdnsOf(base.content)];
      return above.every((rdn, index) => own[index] === rdn);
    }
    case EMAIL: {
      const at = name.lastIndexOf("@");
      if (at < 0) return unclear;
      const host = name.slice(at + 1);
      return limit.includes("@") ? name === limit : isHostWithin(host, limit);
    }
    case DNS:
      return limit === "" || name === limit || name.endsWith(limit.startsWith(".") ? limit : `.${limit}`);
    case URI: {
      const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:[\]]+)/.exec(name)?.[1];
      return host === undefined ? unclear : isHostWithin(host, limit);
    }
    case IP: {
      const half = base.content.length / 2;
      if (content.length !== half) return false;
      return content.every((byte, index) => {
        const mask = base.content[half + index] ?? 0;
        return (byte & mask) === ((base.content[index] ?? 0) & mask);
      });
    }
    default:
      return unclear;
  }
}

const isHostWithin = (host: string, limit: string): boolean =>
  limit.startsWith(".") ? host.endsWith(limit) : host === limit;

/** Hosts in any case; a mailbox too, which is stricter for what is excluded. */
const text = (content: Uint8Array): string => new TextDecoder().decode(content).toLowerCase();
