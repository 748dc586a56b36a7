/**
 * Where a page of the list of stations ended, as a text that only the same question takes back. Must not know the database, nor
 * what is asked.
 */

import { parseJson } from "./json.ts";

/** How a list is ordered, and a place in it: the key of its order, then the id. */
export const LIST_SORTS = ["id", "changed", "offline"] as const;
export type ListSort = (typeof LIST_SORTS)[number];
export interface Place {
  /** ms since the epoch; 0 where the ids alone are the order. */
  key: number;
  id: string;
}

/** What an online station is offline since: later than any time. */
export const ONLINE_SINCE_NEVER = Number.MAX_SAFE_INTEGER;

/** Whether one comes before the other: by id, by time offline, the longest first, or by the last change, the newest first. */
export function isBefore(sort: ListSort, one: Place, other: Place): boolean {
  const order = one.key - other.key || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
  return sort === "changed" ? order > 0 : order < 0;
}

/** The same for the same question, whatever its page's size, and whichever part of the list it asks for. */
export function questionOf(parameters: URLSearchParams): string {
  const asked = [...parameters].filter(([name]) => name !== "cursor" && name !== "limit");
  return JSON.stringify(asked.map(([name, value]) => JSON.stringify([name, value])).sort());
}

export function writeCursor(question: string, { key, id }: Place): string {
  const text = JSON.stringify([key, id]);
  return encode(`${check(question + text)}${text}`);
}

/** `null`: damaged, or of another question. */
export function readCursor(question: string, cursor: string): Place | null {
  const text = decode(cursor);
  if (text === null || check(question + text.slice(CHECK_LENGTH)) !== text.slice(0, CHECK_LENGTH)) return null;
  try {
    const [key, id] = parseJson<[unknown, unknown]>(text.slice(CHECK_LENGTH));
    return Number.isSafeInteger(key) && typeof id === "string" ? { key: key as number, id } : null;
  } catch {
    return null;
  }
}

/** Characters in front of a cursor that say whose it is: 32 bits in hex. */
const CHECK_LENGTH = 8;

/** FNV-1a: no secret, since a cursor opens nothing that its question does not. */
function check(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(CHECK_LENGTH, "0");
}

const encode = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function decode(cursor: string): string | null {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  try {
    const bytes = Uint8Array.from(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
