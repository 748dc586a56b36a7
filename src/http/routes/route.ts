/**
 * What the table of routes says of one route: enough to mount it, to guard it, to describe it and to make a client of it. Must not
 * know what answers it.
 */
import type { $ZodType } from "zod/v4/core";
import type { Scope } from "../../security/api-key.ts";

/**
 * What of the fleet a route touches, by which a key that is bound to a part of it is held to that part (http/reach.ts): the registered
 * `station` that `{id}` names; the `registration` that it makes or changes under `{id}`; a `list` of what belongs to several stations,
 * or is for several; the `fleet` as a whole; or `none` of it.
 */
export type Part = "station" | "registration" | "list" | "fleet" | "none";

interface About {
  method: "GET" | "PUT" | "POST" | "DELETE";
  /** `any`: a key, whatever it may do. `null`: no key is asked for. */
  scope: Scope | "any" | null;
  /** One line, as a heading. */
  summary: string;
  query?: $ZodType;
  body?: $ZodType;
  /** Of a body that is no JSON. */
  media?: readonly string[];
  /** The subprotocol of a WebSocket: the route answers an upgrade alone. */
  upgrade?: string;
}

/** A path's parameters stand in braces, and each is one segment of it. */
export type Route = About &
  (
    | { part: "station"; path: `/${string}{id}${string}` }
    | { part: "registration"; path: `/${string}{id}${string}`; body: $ZodType<Labelled> }
    | { part: Exclude<Part, "station" | "registration">; path: `/${string}` }
  );

/** What a registration says of where a station belongs. */
export interface Labelled {
  labels: Record<string, string>;
}

export type Routes = Readonly<Record<string, Route>>;

/** The names of a path's parameters. */
export type ParameterOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterOf<Rest>
  : never;
