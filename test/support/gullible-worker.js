/**
 * The Worker behind a front that lets everything through: what a client sends as `Raw-X` arrives as `X`, so that the
 * Worker's own defences are seen at work. Must not change anything else.
 */
import worker from "../../src/worker.ts";

export * from "../../src/worker.ts";

export default {
  ...worker,
  fetch(request, env, ctx) {
    const inner = new Request(request);
    for (const [name, value] of request.headers) {
      if (name.startsWith("raw-")) inner.headers.set(name.slice("raw-".length), value);
    }
    return worker.fetch(inner, env, ctx);
  },
};
