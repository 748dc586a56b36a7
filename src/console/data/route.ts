/**
 * Where the reader is, as the hash of the address says it: the page's path and its filters. Must not know which pages there are, and
 * never holds what is secret.
 */
import { signal } from "@preact/signals";

export interface Route {
  /** `["stations", "CS001"]`, each decoded. */
  path: readonly string[];
  query: Readonly<Record<string, string>>;
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** @param hash with its `#` or without */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  return {
    path: path
      .split("/")
      .filter((part) => part !== "")
      .map(decoded),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** What somebody wrote by hand need not be well escaped. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @param query whose empty values are left out */
export function href(path: readonly string[], query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search === "" ? "" : `?${search}`}`;
}

export const route = signal<Route>(routeOf(typeof location === "undefined" ? "" : location.hash));

/** Called once; the address is the truth, and whoever goes back goes there. */
export function followAddress(): void {
  addEventListener("hashchange", () => {
    route.value = routeOf(location.hash);
  });
}

export function go(to: string): void {
  location.hash = to;
}

/** Filters are no step to go back by: they take the place of those that were. `null` takes one away. */
export function setQuery(change: Query): void {
  const { path, query } = route.value;
  const to = href(path, { ...query, ...change });
  if (to === location.hash) return;
  history.replaceState(null, "", to);
  route.value = routeOf(to);
}
