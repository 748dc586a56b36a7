/**
 * The Worker as it is on Cloudflare's edge: not LOCAL, on the URL and from the address that a test names in its headers.
 * Must not change anything else.
 */
import worker from "../../src/worker.ts";

export * from "../../src/worker.ts";

const environments = new WeakMap();

export default {
  ...worker,
  fetch(request, env, ctx) {
    const url = request.headers.get("x-edge-url") ?? request.url;
    const inner = new Request(url, request);
    const address = request.headers.get("x-edge-address");
    if (address !== null) inner.headers.set("CF-Connecting-IP", address);
    const known = environments.get(env) ?? { ...env, LOCAL: "false", MTLS_HOSTS: "mtls.example" };
    environments.set(env, known);
    return worker.fetch(inner, known, ctx);
  },
};
