/**
 * The page Webhooks: where events go, or one of them, as the address says. Must not know how events get there.
 */
import type { PageProps } from "../../parts/page.tsx";
import { WebhookDetail } from "./webhook-detail.tsx";
import { WebhookList } from "./webhook-list.tsx";
import "./webhooks.css";

export function WebhooksPage({ route: { path, query } }: PageProps) {
  const [, name] = path;
  return name === undefined ? (
    <WebhookList isAdding={query.new === "true"} />
  ) : (
    <WebhookDetail key={name} name={name} />
  );
}
