/**
 * The page Webhooks. Must not know other pages.
 */
import { Page, type PageProps } from "../../parts/page.tsx";
import { State } from "../../parts/states.tsx";

export function WebhooksPage(_: PageProps) {
  return (
    <Page>
      <State title="Webhooks" />
    </Page>
  );
}
