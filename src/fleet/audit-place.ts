/**
 * A place in the audit, as a page's cursor says it. Must not know what stands there.
 */

/** Between entries. */
export interface AuditPlace {
  /** ms since the epoch */
  at: number;
  id: string;
}

export const auditCursor = ({ at, id }: AuditPlace): string => `${new Date(at).toISOString()}/${id}`;

const DAY_LENGTH = "2026-01-31".length;

/** The cursor of a page, or a time alone; `null`: neither. */
export function auditPlace(text: string): AuditPlace | null {
  const [, time = "", id = ""] = /^(\d{4}-\d\d-\d\dT[\d:.]{5,12}Z)(?:\/(.*))?$/s.exec(text) ?? [];
  const at = Date.parse(time);
  // A day that no month has is another month's.
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(time.slice(0, DAY_LENGTH)) ? null : { at, id };
}
