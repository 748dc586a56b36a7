/**
 * Which certificates of a station count while one takes the place of another: none is refused that it may have. Must not know where
 * they are kept, nor who issued one.
 */

/** SHA-256, lower hex, each. */
export interface CertificateSuccession {
  /** Issued and not used yet, newest first: each counts. */
  next?: string[];
  /** The last of those that the station has used. */
  current?: string;
  /** Those before it, newest first: they count no longer. */
  retired?: string[];
  /** As the registration named them, before one of them gave way; absent: none has. */
  named?: string[];
}

interface Certificates {
  certificate: { commonName: string; organization?: string; fingerprints?: string[] };
  issued?: CertificateSuccession;
}

/** Issued to one station, and of none is known that it has not got it. */
const NEXT_MAX = 4;
/** That are remembered as out of use: a CA's own list ends older ones, or their time. */
const RETIRED_MAX = 16;

/** Whether its name is the station's is another question. @param twin of the same certificate (revocation.ts) */
export function isLetIn(known: Certificates, fingerprint: string, twin?: string): boolean {
  const { next = [], current } = known.issued ?? {};
  if (next.includes(fingerprint) || fingerprint === current) return true;
  const { fingerprints } = known.certificate;
  return fingerprints === undefined ? !isRetired(known, fingerprint, twin) : fingerprints.includes(fingerprint);
}

export function isRetired({ issued }: Certificates, fingerprint: string, twin?: string): boolean {
  const { retired = [] } = issued ?? {};
  return retired.includes(fingerprint) || (twin !== undefined && retired.includes(twin));
}

/** Counts beside those before it. */
export function withNext<Of extends Certificates>(known: Of, fingerprint: string): Of {
  const others = (known.issued?.next ?? []).filter((each) => each !== fingerprint);
  return { ...known, issued: { ...known.issued, next: [fingerprint, ...others].slice(0, NEXT_MAX) } };
}

/** The station surely has not got it. */
export function withoutNext<Of extends Certificates>(known: Of, fingerprint: string): Of {
  const next = (known.issued?.next ?? []).filter((each) => each !== fingerprint);
  return withIssued(known, { ...known.issued, next });
}

/**
 * The station has connected by it: the one before counts no longer, nor those that were issued before it; what was issued after it does.
 * @param before that it used last; `null`: not known @returns the same object where nothing changes
 */
export function withUsed<Of extends Certificates>(known: Of, fingerprint: string, before: string | null): Of {
  const { next = [], retired = [] } = known.issued ?? {};
  const index = next.indexOf(fingerprint);
  if (index < 0) return known;
  const gone = [...next.slice(index + 1), ...(before === null ? [] : [before])].filter((each) => each !== fingerprint);
  const { fingerprints } = known.certificate;
  const { named = fingerprints } = known.issued ?? {};
  const pins = fingerprints && [...new Set([...fingerprints.filter((each) => !gone.includes(each)), fingerprint])];
  return withIssued(
    { ...known, certificate: { ...known.certificate, ...(pins !== undefined && { fingerprints: pins }) } },
    {
      next: next.slice(0, index),
      current: fingerprint,
      retired: [...gone, ...retired.filter((each) => !gone.includes(each))].slice(0, RETIRED_MAX),
      ...(named !== undefined && { named }),
    },
  );
}

/**
 * What a new registration names, over what was issued under the one before. One that has given way stands for the one in its place, or
 * who says the same again locks the station out. Who names others alone than counted by then wants those alone.
 * @param lastUsed by the station; `null`: not known
 */
export function registeredAnew(
  { certificate: { fingerprints: before = [] }, issued }: Certificates,
  named: readonly string[] | undefined,
  lastUsed: string | null,
): { fingerprints?: string[]; issued?: CertificateSuccession } {
  if (issued === undefined) return named === undefined ? {} : { fingerprints: [...named] };
  if (named === undefined) return { issued };
  const { current, retired = [] } = issued;
  if (before.length > 0 && issued.named !== undefined && isSame(issued.named, named))
    return { fingerprints: before, issued };
  const names = named.map((each) => (current !== undefined && retired.includes(each) ? current : each));
  const fingerprints = [...new Set(names)];
  const isKept = fingerprints.some((each) => each === current || each === lastUsed || before.includes(each));
  const kept = isKept ? { ...issued, named: [...named] } : { ...(retired.length > 0 && { retired }) };
  return { fingerprints, issued: kept };
}

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((each) => other.includes(each));

function withIssued<Of extends Certificates>(known: Of, succession: CertificateSuccession): Of {
  const { next, current, retired, named } = succession;
  const issued: CertificateSuccession = {
    ...(next !== undefined && next.length > 0 && { next }),
    ...(current !== undefined && { current }),
    ...(retired !== undefined && retired.length > 0 && { retired }),
    ...(named !== undefined && { named }),
  };
  return { ...known, issued };
}
