/**
 * /v1/webhooks: where events go. Must not know how they get there.
 */
import * as z from "zod/mini";
import { configOf } from "../config.ts";
import type { Webhook } from "../delivery/outbox.ts";
import { checkWebhookUrl } from "../delivery/webhook-url.ts";
import { startReplay } from "../webhooks/replay.ts";
import { forgetProgress, readProgress } from "../webhooks/replay-progress.ts";
import { stuckPage } from "../webhooks/stuck.ts";
import { readDeliveries } from "../webhooks/webhook-deliveries.ts";
import { allWebhooks, forgetWebhooks, registryOf, WEBHOOKS_MAX } from "../webhooks/webhook-registry.ts";
import { audit } from "../fleet/audit.ts";
import type { ApiContext } from "./auth.ts";
import type { Handlers } from "./call.ts";
import { problems } from "./problem.ts";

const name = z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,64}$/));

export const webhookHandlers: Handlers<
  | "putWebhook"
  | "listWebhooks"
  | "getWebhook"
  | "deleteWebhook"
  | "replayWebhook"
  | "getReplay"
  | "getDeliveries"
  | "listStuck"
> = {
  async putWebhook({ c, key, params, body }) {
    const webhook = { name: nameOf(params), ...(await body()) };
    const fault = checkWebhookUrl(webhook.url, configOf(c.env).LOCAL);
    if (fault !== null)
      throw problems.invalid("The request is not valid.", { errors: [{ path: "/url", message: fault }] });
    const done = await registryOf(c.env).put(webhook, Date.now());
    if (done === "full") throw problems.tooManyWebhooks(`A fleet may have ${WEBHOOKS_MAX} webhooks.`);
    forgetWebhooks();
    audit(c.env, key.name, { kind: "webhook.put", webhook: webhook.name });
    return c.json(view(webhook), done === "created" ? 201 : 200);
  },

  async listWebhooks({ c }) {
    return c.json({ webhooks: (await allWebhooks(c.env)).map(view) });
  },

  async getWebhook({ c, params }) {
    const webhook = await registryOf(c.env).read(nameOf(params));
    if (webhook === null) throw unknownWebhook();
    return c.json(view(webhook));
  },

  async deleteWebhook({ c, key, params }) {
    if (!(await registryOf(c.env).remove(nameOf(params), Date.now()))) throw unknownWebhook();
    forgetWebhooks();
    audit(c.env, key.name, { kind: "webhook.deleted", webhook: nameOf(params) });
    await forgetProgress(c.env, nameOf(params));
    return c.body(null, 204);
  },

  async replayWebhook({ c, key, params, query }) {
    const now = Date.now();
    const { since } = query();
    if (!(await registryOf(c.env).replay(nameOf(params), now, since))) throw unknownWebhook();
    forgetWebhooks();
    audit(c.env, key.name, { kind: "webhook.replayed", webhook: nameOf(params) });
    await startReplay(c.env, nameOf(params), since ?? null, now);
    return c.body(null, 202);
  },

  async getReplay({ c, params }) {
    const webhook = await known(c, params);
    return c.json({ webhook, replay: await readProgress(c.env, webhook) });
  },

  async getDeliveries({ c, params }) {
    const webhook = await known(c, params);
    return c.json({ webhook, ...(await readDeliveries(c.env.DIRECTORY, webhook)) });
  },

  async listStuck({ c, params, query }) {
    const { limit, cursor = "" } = query();
    return c.json(await stuckPage(c.env, await known(c, params), cursor, limit));
  },
};

async function known(c: ApiContext, params: { name: string }): Promise<string> {
  const name = nameOf(params);
  if ((await registryOf(c.env).read(name)) === null) throw unknownWebhook();
  return name;
}

const unknownWebhook = () => problems.webhookNotFound("No such webhook.");

function nameOf(params: { name: string }): string {
  const parsed = name.safeParse(params.name);
  if (parsed.success) return parsed.data;
  const errors = [{ path: "/name", message: "1 to 64 of A-Z a-z 0-9 _ . -" }];
  throw problems.invalid("The request is not valid.", { errors });
}

/** Without the secret, which is never shown again. */
const view = ({ name, url, types }: Pick<Webhook, "name" | "url" | "types">) => ({ name, url, types });
