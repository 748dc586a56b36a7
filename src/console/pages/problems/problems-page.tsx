/**
 * The page Problems. Must not know other pages.
 */
import { Page, type PageProps } from "../../parts/page.tsx";
import { State } from "../../parts/states.tsx";

export function ProblemsPage(_: PageProps) {
  return (
    <Page>
      <State title="Problems" />
    </Page>
  );
}
