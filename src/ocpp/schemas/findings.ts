// Collects what a check finds in a payload: faults and tolerated deviations, with their paths, never more than the limit of each.
// It must not know schemas, and never keeps a value out of the payload.

export interface Finding {
  /** JSON pointer [RFC 6901] into the payload; for a missing property the place where it should be. "" is the payload. */
  path: string;
  /** The JSON schema keyword that was broken. */
  readonly keyword: string;
  readonly message: string;
  /** Set where the finding is tolerated: then it is no fault. */
  readonly kind?: string;
}

export interface Findings {
  readonly limit: number;
  readonly found: Finding[];
  faults: number;
  deviations: number;
}

/** A hostile property name may be as long as the frame; a path is for reading. */
const MAX_SEGMENT_LENGTH = 64;

export function startFindings(limit: number): Findings {
  return { limit: Math.max(1, limit), found: [], faults: 0, deviations: 0 };
}

export function isFull(findings: Findings): boolean {
  return findings.faults >= findings.limit;
}

export function addFault(findings: Findings, keyword: string, message: string, path = ""): void {
  if (findings.faults >= findings.limit) return;
  findings.faults++;
  findings.found.push({ path, keyword, message });
}

export function addDeviation(findings: Findings, keyword: string, message: string, kind: string, path = ""): void {
  // Beyond the limit a deviation still passes, it is merely no longer listed.
  if (findings.deviations >= findings.limit) return;
  findings.deviations++;
  findings.found.push({ path, keyword, message, kind });
}

/** Paths are completed on the way up, so that a healthy payload pays nothing for them. */
export function lead(findings: Findings, from: number, segment: string | number): void {
  const prefix = pointer(segment);
  for (let i = from; i < findings.found.length; i++) {
    const finding = findings.found[i];
    if (finding) finding.path = prefix + finding.path;
  }
}

export function pointer(segment: string | number): string {
  if (typeof segment === "number") return `/${segment}`;
  const short = segment.length > MAX_SEGMENT_LENGTH ? `${segment.slice(0, MAX_SEGMENT_LENGTH)}…` : segment;
  return `/${short.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
