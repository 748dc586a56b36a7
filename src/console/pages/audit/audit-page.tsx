/**
 * The page Audit. Must not know other pages.
 */
import { Page, type PageProps } from "../../parts/page.tsx";
import { State } from "../../parts/states.tsx";

export function AuditPage(_: PageProps) {
  return (
    <Page>
      <State title="Audit" />
    </Page>
  );
}
