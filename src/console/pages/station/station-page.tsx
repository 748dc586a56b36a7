/**
 * The page Station. Must not know other pages.
 */
import { Page, type PageProps } from "../../parts/page.tsx";
import { State } from "../../parts/states.tsx";

export function StationPage(_: PageProps) {
  return (
    <Page>
      <State title="Station" />
    </Page>
  );
}
