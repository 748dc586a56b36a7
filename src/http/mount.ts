/**
 * The table of routes, mounted: each route guarded as its entry says, then handed to its handler. Must not know any route.
 */
import type { HonoBase } from "hono/hono-base";
import * as z from "zod/mini";
import { auditRefusal } from "../fleet/audit.ts";
import { reachOf } from "../security/api-key.ts";
import type { Reach } from "../security/fleet-part.ts";
import { type ApiContext, type ApiEnv, authorise } from "./auth.ts";
import { readBody, readQuery } from "./body.ts";
import type { Handlers } from "./call.ts";
import { problems } from "./problem.ts";
import { refuseLabelsOutside, refuseOutside } from "./reach.ts";
import type { Labelled, Route } from "./routes/route.ts";
import { type OperationId, ROUTES } from "./routes/table.ts";

/** Of a route that takes none. One that asks for no key passes over what it is asked with: who looks whether it is up adds what they like. */
const NOTHING = z.strictObject({});

export function mount(app: HonoBase<ApiEnv>, handlers: Handlers): void {
  const methods = new Map<string, string[]>();
  for (const [id, route] of inOrder()) {
    const path = pathOf(route);
    methods.set(path, [...(methods.get(path) ?? []), route.method]);
    // By its entry it was typed, and its entry is what is read here.
    const handle = handlers[id] as unknown as (call: unknown) => Response | Promise<Response>;
    app.on(route.method, path, async (c) => {
      const key = route.scope === null ? null : await authorise(c, route.scope, id);
      const reach = key === null ? "all" : reachOf(key);
      if (reach !== "all") {
        if (route.part === "fleet" && key !== null) auditRefusal(c.env, key.name, id, null, Date.now());
        await refuseOutside(c, route, reach);
      }
      if (route.scope !== null && route.query === undefined) readQuery(c, NOTHING);
      return handle({
        c,
        key,
        reach,
        params: c.req.param(),
        body: () => bodyWithin(c, route, reach),
        query: () => readQuery(c, route.query ?? NOTHING),
        within: (answer: (reach: Reach) => unknown) => answer(reach),
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

async function bodyWithin(c: ApiContext, route: Route, reach: Reach): Promise<unknown> {
  const body: unknown = await readBody(c, route.body ?? NOTHING);
  if (route.part === "registration") refuseLabelsOutside(reach, body as Labelled);
  return body;
}

const pathOf = ({ path }: Route): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** A name that stands in a path goes before a parameter in its place. */
const inOrder = () =>
  (Object.entries(ROUTES) as [OperationId, Route][]).sort(
    ([, one], [, other]) => one.path.split("{").length - other.path.split("{").length,
  );
