/**
 * The page Settings. Must not know other pages.
 */
import { Page, type PageProps } from "../../parts/page.tsx";
import { State } from "../../parts/states.tsx";

export function SettingsPage(_: PageProps) {
  return (
    <Page>
      <State title="Settings" />
    </Page>
  );
}
