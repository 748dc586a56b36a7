/**
 * The page Overview. Must not know other pages.
 */
import { Page, type PageProps } from "../../parts/page.tsx";
import { State } from "../../parts/states.tsx";

export function OverviewPage(_: PageProps) {
  return (
    <Page>
      <State title="Overview" />
    </Page>
  );
}
