/** The Worker on a disk that is full from /full to /free. Must not change anything else. */
import worker, { ChargingStation as Station } from "../../src/worker.ts";

export { WebhookRegistry } from "../../src/worker.ts";

let isFull = false;
let isPatched = false;

function patch(sql) {
  if (isPatched) return;
  isPatched = true;
  const prototype = Object.getPrototypeOf(sql);
  const { exec } = prototype;
  prototype.exec = function (query, ...bindings) {
    // As workerd says it.
    if (isFull && !/^\s*SELECT/.test(query)) throw new Error("database or disk is full: SQLITE_FULL");
    return exec.call(this, query, ...bindings);
  };
}

export class ChargingStation extends Station {
  constructor(ctx, env) {
    patch(ctx.storage.sql);
    super(ctx, env);
  }
}

export default {
  ...worker,
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname !== "/full" && pathname !== "/free") return worker.fetch(request, env, ctx);
    isFull = pathname === "/full";
    return new Response(null, { status: 204 });
  },
};
