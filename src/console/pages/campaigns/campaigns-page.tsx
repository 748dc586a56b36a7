/**
 * The page Campaigns: the list, a new one, or one of them, as the address says. Must not know what a campaign does.
 */
import type { PageProps } from "../../parts/page.tsx";
import { CampaignDetail } from "./campaign-detail.tsx";
import { CampaignList } from "./campaign-list.tsx";
import { NewCampaign } from "./new-campaign.tsx";
import "./campaigns.css";

export function CampaignsPage({ route }: PageProps) {
  const [, second] = route.path;
  if (second === undefined) return <CampaignList />;
  if (second === "new") return <NewCampaign />;
  return <CampaignDetail key={second} campaignId={second} />;
}
