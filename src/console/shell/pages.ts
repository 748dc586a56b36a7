/**
 * The console's pages: where each is, what it takes to see it, and the file it comes in when it is asked for. Must not know what is on
 * them.
 */
import type { ComponentType } from "preact";
import type { Route } from "../data/route.ts";
import type { Scope } from "../data/session.ts";
import type { IconName } from "../parts/icon.tsx";
import type { PageProps } from "../parts/page.tsx";

export interface PageEntry {
  /** The first part of the path; "": the page at the start. */
  key: string;
  title: string;
  icon: IconName;
  /** Any one of them is enough to be shown it. */
  scopes: readonly Scope[];
  /** It concerns the whole fleet: the API refuses all of it to a key that is bound to a part. */
  isWhole?: boolean;
  /** In the navigation; a page that is not is reached from another. */
  isListed: boolean;
  load: () => Promise<ComponentType<PageProps>>;
}

export const PAGES: readonly PageEntry[] = [
  {
    ...{ key: "", title: "Overview", icon: "overview", scopes: ["stations:read"], isListed: true },
    load: async () => (await import("../pages/overview/overview-page.tsx")).OverviewPage,
  },
  {
    ...{ key: "stations", title: "Stations", icon: "stations", scopes: ["stations:read"], isListed: true },
    load: async () => (await import("../pages/stations/stations-page.tsx")).StationsPage,
  },
  {
    ...{ key: "newcomers", title: "Newcomers", icon: "newcomers", scopes: ["stations:read"], isListed: true },
    load: async () => (await import("../pages/newcomers/newcomers-page.tsx")).NewcomersPage,
  },
  {
    ...{ key: "campaigns", title: "Campaigns", icon: "campaigns", scopes: ["campaigns:write"], isListed: true },
    load: async () => (await import("../pages/campaigns/campaigns-page.tsx")).CampaignsPage,
  },
  {
    ...{ key: "webhooks", title: "Webhooks", icon: "webhooks", scopes: ["webhooks:write"], isListed: true },
    isWhole: true,
    load: async () => (await import("../pages/webhooks/webhooks-page.tsx")).WebhooksPage,
  },
  {
    ...{
      key: "problems",
      title: "Problems",
      icon: "problems",
      scopes: ["stations:read", "metrics:read"],
      isListed: true,
    },
    load: async () => (await import("../pages/problems/problems-page.tsx")).ProblemsPage,
  },
  {
    ...{ key: "audit", title: "Audit", icon: "audit", scopes: ["audit:read"], isListed: true },
    load: async () => (await import("../pages/audit/audit-page.tsx")).AuditPage,
  },
  {
    ...{ key: "settings", title: "Settings", icon: "settings", scopes: [], isListed: true },
    load: async () => (await import("../pages/settings/settings-page.tsx")).SettingsPage,
  },
  {
    // `#/stations/CS001`, which has the first part of the list's.
    ...{ key: "station", title: "Station", icon: "stations", scopes: ["stations:read"], isListed: false },
    load: async () => (await import("../pages/station/station-page.tsx")).StationPage,
  },
];

/** `null`: there is no such page. */
export function pageOf({ path }: Route): PageEntry | null {
  const [first = "", second] = path;
  const key = first === "stations" && second !== undefined ? "station" : first;
  if (first === "station") return null;
  return PAGES.find((page) => page.key === key) ?? null;
}
