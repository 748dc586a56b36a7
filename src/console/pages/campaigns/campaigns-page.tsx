/**
 * The page Campaigns. Must not know other pages.
 */
import { Page, type PageProps } from "../../parts/page.tsx";
import { State } from "../../parts/states.tsx";

export function CampaignsPage(_: PageProps) {
  return (
    <Page>
      <State title="Campaigns" />
    </Page>
  );
}
