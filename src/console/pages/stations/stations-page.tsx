/**
 * The page Stations. Must not know other pages.
 */
import { Page, type PageProps } from "../../parts/page.tsx";
import { State } from "../../parts/states.tsx";

export function StationsPage(_: PageProps) {
  return (
    <Page>
      <State title="Stations" />
    </Page>
  );
}
