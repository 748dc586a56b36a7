/**
 * What is photographed: each page of the console with something on it, in both themes, on a desk and on a phone. Must not know how.
 */
export interface Shot {
  /** Of the file. */
  name: string;
  /** `{campaign}`: the newest one's id. */
  address: string;
  /** A button that is pressed before. */
  press?: string;
  /** In the docs as it is on a desk, in both themes; the others are for whoever looks after the console. */
  isInDocs?: boolean;
}

export const SHOTS: readonly Shot[] = [
  { name: "overview", address: "#/?span=1h", isInDocs: true },
  { name: "stations", address: "#/stations" },
  { name: "stations-offline", address: "#/stations?online=false&sort=offline" },
  { name: "newcomers", address: "#/newcomers" },
  { name: "station", address: "#/stations/HARBOUR-02", isInDocs: true },
  { name: "campaigns", address: "#/campaigns" },
  { name: "campaign", address: "#/campaigns/{campaign}" },
  { name: "campaign-new", address: "#/campaigns/new?label=site%3Dharbour" },
  { name: "webhooks", address: "#/webhooks" },
  { name: "webhook", address: "#/webhooks/billing", isInDocs: true },
  { name: "webhook-new", address: "#/webhooks?new=true" },
  { name: "problems", address: "#/problems" },
  { name: "audit", address: "#/audit" },
  { name: "settings", address: "#/settings/deployment" },
  { name: "settings-keys", address: "#/settings/keys" },
  { name: "settings-you", address: "#/settings/you" },
  { name: "settings-crls", address: "#/settings/crls" },
];

export const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
/** Of those in the docs, which are small there. */
export const DOCS_SIZE = { width: 1200, height: 640 } as const;
export const THEMES = ["light", "dark"] as const;
