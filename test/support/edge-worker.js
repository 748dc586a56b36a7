/**
 * The Worker as it is on Cloudflare's edge: not LOCAL, on the URL, from the address and with the headers that a test names in its own;
 * what it asks of Cloudflare Access goes where the test says. Must not change anything else.
 */
import worker from "../../src/worker.ts";

export * from "../../src/worker.ts";

const environments = new WeakMap();
const SET = "x-edge-set-";

const ask = globalThis.fetch;
/** Where a test keeps the keys of Access. */
let certs = null;
globalThis.fetch = (input, init) =>
  certs !== null && /^https:\/\/[a-z-]+\.cloudflareaccess\.com\//.test(String(input))
    ? ask(certs + new URL(String(input)).pathname, init)
    : ask(input, init);

export default {
  ...worker,
  fetch(request, env, ctx) {
    const url = request.headers.get("x-edge-url") ?? request.url;
    const inner = new Request(url, request);
    const address = request.headers.get("x-edge-address");
    if (address !== null) inner.headers.set("CF-Connecting-IP", address);
    for (const [name, value] of request.headers)
      if (name.startsWith(SET)) inner.headers.set(name.slice(SET.length), value);
    certs = request.headers.get("x-edge-certs") ?? certs;
    const known = environments.get(env) ?? { ...env, LOCAL: "false", MTLS_HOSTS: "mtls.example" };
    environments.set(env, known);
    return worker.fetch(inner, known, ctx);
  },
};
