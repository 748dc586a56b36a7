/**
 * The webhook registry of the first workerd, as the others see it: the fleet has one list, and what changes it is done or not,
 * never in some of them. Must not know what a webhook is.
 */
import type { Env } from "../../env.ts";
import { registryOf } from "../../webhooks/webhook-registry.ts";

interface Call {
  method: string;
  parameters: unknown[];
}

/** A namespace whose one object is asked by way of `first`. @throws at each call where the first workerd gives no answer */
export function sharedRegistry(first: Pick<Fetcher, "fetch">): Env["WEBHOOKS"] {
  const ask = async (call: Call): Promise<unknown> => {
    const response = await first.fetch("http://localhost/", { method: "POST", body: JSON.stringify(call) });
    if (!response.ok) throw new Error(`the webhook registry gave no answer (${response.status})`);
    return ((await response.json()) as { value: unknown }).value;
  };
  const stub = new Proxy(
    {},
    {
      get:
        (_, method) =>
        (...parameters: unknown[]) =>
          ask({ method: String(method), parameters }),
    },
  );
  const get = () => stub;
  return { idFromName: (name: string) => name, get, getByName: get } as unknown as Env["WEBHOOKS"];
}

/** In the first workerd. */
export async function answerRegistry(request: Request, env: Pick<Env, "WEBHOOKS">): Promise<Response> {
  const { method, parameters } = (await request.json()) as Call;
  const registry = registryOf(env) as unknown as Record<string, (...parameters: unknown[]) => Promise<unknown>>;
  return Response.json({ value: (await registry[method]?.(...parameters)) ?? null });
}
