/**
 * /v1/webhooks: where events go. Must not know how they get there.
 */
import { Hono } from "hono";
import * as z from "zod";
import { configOf } from "../config.ts";
import { EVENT_TYPES } from "../delivery/event.ts";
import type { Webhook } from "../delivery/outbox.ts";
import { isSigningSecret, SIGNING_SECRET } from "../delivery/signature.ts";
import { checkWebhookUrl } from "../delivery/webhook-url.ts";
import { startReplay } from "../webhooks/replay.ts";
import { allWebhooks, forgetWebhooks, registryOf, WEBHOOKS_MAX } from "../webhooks/webhook-registry.ts";
import { type ApiContext, type ApiEnv, requireScope } from "./auth.ts";
import { readBody } from "./body.ts";
import { problems } from "./problem.ts";

/** Characters: many servers refuse longer ones. */
const URL_MAX_LENGTH = 2_000;
/** Characters: the longest secret, 64 bytes in base64 behind its prefix, has 94. */
const SECRET_MAX_LENGTH = 200;

const subscription = z.strictObject({
  url: z.string().max(URL_MAX_LENGTH),
  secret: z.string().max(SECRET_MAX_LENGTH).refine(isSigningSecret, { error: SIGNING_SECRET }),
  types: z.array(z.enum(EVENT_TYPES)).max(EVENT_TYPES.length).default([]),
});
const name = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);

export const webhookRoutes = new Hono<ApiEnv>();
webhookRoutes.use(requireScope("webhooks:write"));

webhookRoutes.put("/:name", async (c) => {
  const webhook = { name: nameOf(c), ...(await readBody(c, subscription)) };
  const fault = checkWebhookUrl(webhook.url, configOf(c.env).LOCAL);
  if (fault !== null)
    throw problems.invalid("The request is not valid.", { errors: [{ path: "/url", message: fault }] });
  const done = await registryOf(c.env.WEBHOOKS).put(webhook, Date.now());
  if (done === "full") throw problems.tooManyWebhooks(`A fleet may have ${WEBHOOKS_MAX} webhooks.`);
  forgetWebhooks();
  return c.json(view(webhook), done === "created" ? 201 : 200);
});

webhookRoutes.get("/", async (c) => c.json({ webhooks: (await allWebhooks(c.env.WEBHOOKS)).map(view) }));

webhookRoutes.get("/:name", async (c) => {
  const webhook = await registryOf(c.env.WEBHOOKS).read(nameOf(c));
  if (webhook === null) throw unknownWebhook();
  return c.json(view(webhook));
});

webhookRoutes.delete("/:name", async (c) => {
  if (!(await registryOf(c.env.WEBHOOKS).remove(nameOf(c), Date.now()))) throw unknownWebhook();
  forgetWebhooks();
  return c.body(null, 204);
});

webhookRoutes.post("/:name/replay", async (c) => {
  const now = Date.now();
  if (!(await registryOf(c.env.WEBHOOKS).replay(nameOf(c), now))) throw unknownWebhook();
  forgetWebhooks();
  await startReplay(c.env);
  return c.body(null, 202);
});

const unknownWebhook = () => problems.webhookNotFound("No such webhook.");

function nameOf(c: ApiContext): string {
  const parsed = name.safeParse(c.req.param("name"));
  if (parsed.success) return parsed.data;
  const errors = [{ path: "name", message: "1 to 64 of A-Z a-z 0-9 _ . -" }];
  throw problems.invalid("The request is not valid.", { errors });
}

/** Without the secret, which is never shown again. */
const view = ({ name, url, types }: Pick<Webhook, "name" | "url" | "types">) => ({ name, url, types });
