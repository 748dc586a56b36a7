/**
 * One call of a route as its handler gets it: typed by the route's entry in the table. Must not know what the handler does.
 */
import type * as z from "zod";
import type { ApiKey } from "../security/api-key.ts";
import type { ApiContext } from "./auth.ts";
import type { ParameterOf, Route } from "./routes/route.ts";
import type { OperationId, ROUTES } from "./routes/table.ts";

type Read<Of, Name extends string> = Of extends { [name in Name]: infer Schema extends z.ZodType }
  ? z.infer<Schema>
  : never;

export interface Call<Of extends Route> {
  c: ApiContext;
  /** Whose it is. */
  key: Of["scope"] extends null ? null : ApiKey;
  params: Record<ParameterOf<Of["path"]>, string>;
  /** Checked as the entry says, when the handler asks: who is not there is told so whatever the body holds. */
  body: () => Promise<Read<Of, "body">>;
  query: () => Read<Of, "query">;
}

export type Handler<Of extends Route> = (call: Call<Of>) => Response | Promise<Response>;

/** The handlers of these operations, or of all. What has no entry cannot be named here. */
export type Handlers<Id extends OperationId = OperationId> = { [Name in Id]: Handler<(typeof ROUTES)[Name]> };
