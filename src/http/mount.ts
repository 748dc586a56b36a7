/**
 * The table of routes, mounted: each route guarded as its entry says, then handed to its handler. Must not know any route.
 */
import type { Hono } from "hono";
import * as z from "zod";
import { type ApiEnv, authorise } from "./auth.ts";
import { readBody, readQuery } from "./body.ts";
import type { Call, Handlers } from "./call.ts";
import { problems } from "./problem.ts";
import type { Route } from "./routes/route.ts";
import { type OperationId, ROUTES } from "./routes/table.ts";

type UntypedCall = Record<keyof Call<Route>, unknown>;

/** Of a route that takes none. */
const NOTHING = z.strictObject({});

export function mount(app: Hono<ApiEnv>, handlers: Handlers): void {
  const methods = new Map<string, string[]>();
  for (const [id, route] of inOrder()) {
    const path = pathOf(route);
    methods.set(path, [...(methods.get(path) ?? []), route.method]);
    // Its entry, by which it was typed, is the one that is read here.
    const handle = handlers[id] as unknown as (call: UntypedCall) => Response | Promise<Response>;
    app.on(route.method, path, async (c) => {
      const key = route.scope === null ? null : await authorise(c, route.scope);
      return handle({
        c,
        key,
        params: c.req.param(),
        body: () => readBody(c, route.body ?? NOTHING),
        query: () => readQuery(c, route.query ?? NOTHING),
      });
    });
  }
  /** [RFC 9110 §15.5.6] What answers another method here is told apart from what is not there. */
  for (const [path, allowed] of methods) {
    app.all(path, () => {
      const Allow = allowed.join(", ");
      throw problems.methodNotAllowed(`Answered here: ${Allow}.`, { headers: { Allow } });
    });
  }
}

const pathOf = ({ path }: Route): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** A name that stands in a path goes before a parameter in its place. */
const inOrder = () =>
  (Object.entries(ROUTES) as [OperationId, Route][]).sort(
    ([, one], [, other]) => one.path.split("{").length - other.path.split("{").length,
  );
