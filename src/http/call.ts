/**
 * One call of a route as its handler gets it: typed by the route's entry in the table. Must not know what the handler does.
 */
import type { $ZodType, output } from "zod/v4/core";
import type { Caller } from "../security/api-key.ts";
import type { Reach } from "../security/fleet-part.ts";
import type { ApiContext } from "./auth.ts";
import type { ParameterOf, Route } from "./routes/route.ts";
import type { OperationId, ROUTES } from "./routes/table.ts";

type Read<Of, Name extends string> = Of extends { [name in Name]: infer Schema extends $ZodType }
  ? output<Schema>
  : never;

interface Common<Of extends Route> {
  c: ApiContext;
  /** Whose it is. */
  key: Of["scope"] extends null ? null : Caller;
  params: Record<ParameterOf<Of["path"]>, string>;
  /** Checked as the entry says, when the handler asks: who is not there is told so whatever the body holds. */
  body: () => Promise<Read<Of, "body">>;
  query: () => Read<Of, "query">;
}

declare const bounded: unique symbol;
/** An answer of a `list`, which none but `within` makes: whoever lists has been told what the key reaches. */
export interface BoundedAnswer extends Response {
  readonly [bounded]: true;
}
export type Within = (answer: (reach: Reach) => Response | Promise<Response>) => Promise<BoundedAnswer>;

interface OfPart {
  list: { within: Within };
  /** The body's labels are inside; that of a station which is registered by now is for its object to say. */
  registration: { reach: Reach };
}

/** That its key reaches what it touches was seen to before, but for a list, which is made of what the key reaches. */
export type Call<Of extends Route> = Common<Of> & (Of["part"] extends keyof OfPart ? OfPart[Of["part"]] : unknown);

type Answer<Of extends Route> = Of["part"] extends "list" ? BoundedAnswer : Response;
export type Handler<Of extends Route> = (call: Call<Of>) => Answer<Of> | Promise<Answer<Of>>;

/** The handlers of these operations, or of all. What has no entry cannot be named here. */
export type Handlers<Id extends OperationId = OperationId> = { [Name in Id]: Handler<(typeof ROUTES)[Name]> };
