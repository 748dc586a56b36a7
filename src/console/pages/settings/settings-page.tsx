/**
 * The page Settings: what this deployment runs with, who may do what, and the certificates that are let in no more. Must not know how
 * any of it is set.
 */
import { identity, may, type Scope, seesAll } from "../../data/session.ts";
import { Page, type PageProps } from "../../parts/page.tsx";
import { type Tab, Tabs } from "../../parts/tabs.tsx";
import { href } from "../../data/route.ts";
import { CrlList } from "./crl-list.tsx";
import { Deployment } from "./deployment.tsx";
import { KeyList } from "./key-list.tsx";
import { RevocationList } from "./revocation-list.tsx";
import { You } from "./you.tsx";
import "./settings.css";

/** All of it concerns the whole fleet. */
const mayOfAll = (scope: Scope): boolean => may(scope) && seesAll();

const TABS = [
  { key: "you", title: "You", isShown: () => true },
  { key: "deployment", title: "Deployment", isShown: () => mayOfAll("audit:read") },
  { key: "keys", title: "Keys", isShown: () => mayOfAll("audit:read") },
  { key: "revocations", title: "Revoked certificates", isShown: () => mayOfAll("pki:write") },
  { key: "crls", title: "Revocation lists", isShown: () => mayOfAll("pki:write") },
] as const;

export function SettingsPage({ route: { path } }: PageProps) {
  const shown = TABS.filter(({ isShown }) => isShown());
  const current = shown.find(({ key }) => key === path[1])?.key ?? "you";
  const tabs: Tab[] = shown.map(({ key, title }) => ({ key, title, to: href(["settings", key]) }));
  return (
    <Page isFull={current === "revocations"}>
      <Tabs label="Settings" tabs={tabs} current={current} />
      <Part name={current} />
    </Page>
  );
}

function Part({ name }: { name: (typeof TABS)[number]["key"] }) {
  switch (name) {
    case "you":
      return identity.value === null ? null : <You identity={identity.value} />;
    case "deployment":
      return <Deployment />;
    case "keys":
      return <KeyList />;
    case "revocations":
      return <RevocationList />;
    case "crls":
      return <CrlList />;
  }
}
