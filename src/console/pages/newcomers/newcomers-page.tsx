/**
 * The page Newcomers. Must not know other pages.
 */
import { Page, type PageProps } from "../../parts/page.tsx";
import { State } from "../../parts/states.tsx";

export function NewcomersPage(_: PageProps) {
  return (
    <Page>
      <State title="Newcomers" />
    </Page>
  );
}
