/**
 * /v1/campaigns: who is asked what, and who may know of it. Must not know how a campaign runs.
 */
import type { output } from "zod/v4/core";
import type { Env } from "../env.ts";
import { audit } from "../fleet/audit.ts";
import type { AuditKind } from "../fleet/audit-entry.ts";
import { insertMembers, listMembers } from "../fleet/campaigns/campaign-members.ts";
import { NO_SUCH_STATION } from "../fleet/campaigns/campaign-round.ts";
import {
  type CampaignView,
  countMembers,
  insertDraft,
  listCampaigns,
  readCampaign,
} from "../fleet/campaigns/campaign-rows.ts";
import { countStations, selectStations, stationsWithin } from "../fleet/campaigns/campaign-selection.ts";
import { type CampaignStub, campaignStub } from "../fleet/campaigns/campaign-stub.ts";
import type { StationFilters } from "../fleet/list-filters.ts";
import { log, messageOf } from "../log.ts";
import { checkIdentity } from "../ocpp/identity.ts";
import { commandFaults } from "../ocpp/payload-check.ts";
import { PROTOCOLS } from "../ocpp/protocol.ts";
import type { Reach } from "../security/fleet-part.ts";
import { toHex } from "../security/password.ts";
import type { BoundedAnswer, Call, Handlers } from "./call.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { type Fault, problems } from "./problem.ts";
import type { campaignRoutes } from "./routes/campaigns.ts";

type Creation = output<(typeof campaignRoutes)["createCampaign"]["body"]>;

/** Stations of one campaign. */
export const CAMPAIGN_STATIONS_MAX = 100_000;
/** Faults told of one request. */
const FAULTS_MAX = 20;

export const campaignHandlers: Handlers<
  | "createCampaign"
  | "listCampaigns"
  | "getCampaign"
  | "pauseCampaign"
  | "resumeCampaign"
  | "cancelCampaign"
  | "listCampaignStations"
> = {
  async createCampaign({ c, key, body, within }) {
    const asked = await body();
    refuseInvalid(asked);
    const stationIds = idsOf(asked);
    const filters = filtersOf(asked.filter);
    return within(async (reach) => {
      const found = stationIds === null ? null : await stationsWithin(c.env, stationIds, reach);
      const stations = found === null ? await countStations(c.env, filters, reach) : found.size;
      if (stations > CAMPAIGN_STATIONS_MAX) {
        const message = `${stations} stations; a campaign may have ${CAMPAIGN_STATIONS_MAX}`;
        throw invalid([{ path: "/filter", message }]);
      }
      if (asked.dryRun) return c.json({ stations, unknown: (stationIds?.length ?? stations) - stations });
      const requestKey = idempotencyKeyOf(c);
      const draft = await insertDraft(
        c.env.DIRECTORY,
        {
          ...{ name: asked.name, action: asked.action, payload: asked.payload, startAt: asked.startAt ?? null },
          ...{ ratePerSecond: asked.ratePerSecond, expiresInSeconds: asked.expiresInSeconds },
          ...{ id: crypto.randomUUID(), actor: key.name, reach },
          request: {
            key: requestKey === null ? null : `${key.name}/${requestKey}`,
            digest: await digestOf(asked),
          },
        },
        Date.now(),
      );
      if (draft.digest !== (await digestOf(asked)))
        throw problems.idempotencyConflict("This Idempotency-Key was used with another body.");
      const { id } = draft;
      if (draft.state === "draft") {
        await fill(c.env, id, stationIds === null ? { filters, reach } : { stationIds, found: found ?? new Set() });
        await countMembers(c.env.DIRECTORY, id);
        await reached(campaignStub(c.env, id).begin(id));
        audit(c.env, key.name, { kind: "campaign.created", campaignId: id, action: asked.action });
      }
      c.header("Location", `/v1/campaigns/${id}`);
      return c.json(await known(c.env, id, reach), draft.state === "draft" ? 201 : 200);
    });
  },

  async listCampaigns({ c, query, within }) {
    const { limit, cursor: before = null } = query();
    return within(async (reach) => c.json(await listCampaigns(c.env.DIRECTORY, reach, { limit, before })));
  },

  async getCampaign({ c, params, within }) {
    return within(async (reach) => {
      const campaign = await known(c.env, params.campaignId, reach);
      return c.json(await newest(c.env, campaign));
    });
  },

  pauseCampaign: (call) => change(call, "pause", "campaign.paused"),
  resumeCampaign: (call) => change(call, "resume", "campaign.resumed"),
  cancelCampaign: (call) => change(call, "cancel", "campaign.cancelled"),

  async listCampaignStations({ c, params, query, within }) {
    const { state = null, cursor: after = "", limit } = query();
    return within(async (reach) => {
      const { campaignId } = await known(c.env, params.campaignId, reach);
      return c.json(await listMembers(c.env.DIRECTORY, campaignId, { state, after, limit }));
    });
  },
};

const invalid = (errors: Fault[]) => problems.invalid("The request is not valid.", { errors });

function change(
  { c, key, params, within }: Call<(typeof campaignRoutes)["pauseCampaign"]>,
  method: "pause" | "resume" | "cancel",
  kind: AuditKind,
): Promise<BoundedAnswer> {
  return within(async (reach) => {
    const campaign = await known(c.env, params.campaignId, reach);
    const { campaignId } = campaign;
    const done = await reached(campaignStub(c.env, campaignId)[method]());
    if (done === "unknown") throw unknownCampaign();
    if (done === "wrong-state") throw problems.campaignEnded("The campaign has ended, or is being cancelled.");
    audit(c.env, key.name, { kind, campaignId });
    return c.json(await newest(c.env, campaign));
  });
}

/** Once more with the same Idempotency-Key it is the same campaign. */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    log("warn", "a campaign's object could not be asked", { reason: messageOf(error) });
    const headers = { "Retry-After": "5" };
    throw problems.unavailable("The campaign cannot be reached now. Try again.", { headers });
  }
}

const unknownCampaign = () => problems.campaignNotFound("No such campaign.");

/** [interface.md §2] What is not of this key's part is not there for it. */
async function known(env: Env, campaignId: string, reach: Reach): Promise<CampaignView> {
  const campaign = await readCampaign(env.DIRECTORY, campaignId, reach);
  if (campaign === null) throw unknownCampaign();
  return campaign;
}

/** As its object says it; without that, as the database has it. */
async function newest(env: Env, campaign: CampaignView): Promise<CampaignView> {
  type Progress = Awaited<ReturnType<CampaignStub["progress"]>>;
  const progress = await campaignStub(env, campaign.campaignId)
    .progress()
    .catch((error: unknown): Progress => {
      const { campaignId } = campaign;
      log("warn", "a campaign's object did not say how it stands", { campaignId, reason: messageOf(error) });
      return "unknown";
    });
  if (progress === "unknown") return campaign;
  const { state, startedAt, endedAt, sums } = progress;
  return {
    ...campaign,
    state,
    ...(startedAt !== null && { startedAt: new Date(startedAt).toISOString() }),
    ...(endedAt !== null && { endedAt: new Date(endedAt).toISOString() }),
    progress: sums,
  };
}

type Members =
  | { stationIds: readonly string[]; found: ReadonlySet<string> }
  | { filters: StationFilters; reach: Reach };

/** A second time nobody is in it twice. */
async function fill(env: Env, id: string, members: Members): Promise<void> {
  const now = Date.now();
  if ("stationIds" in members) {
    const { stationIds, found } = members;
    const others = stationIds.filter((each) => !found.has(each));
    await insertMembers(env.DIRECTORY, id, [...found], now);
    if (others.length > 0) await insertMembers(env.DIRECTORY, id, others, now, NO_SUCH_STATION);
    return;
  }
  for await (const page of selectStations(env, members.filters, members.reach))
    await insertMembers(env.DIRECTORY, id, page, now);
}

/** What is valid in no version is told now, and not by every station. */
function refuseInvalid({ action, payload }: Creation): void {
  const faults = PROTOCOLS.map((protocol) => commandFaults(protocol, action, payload));
  if (faults.some((list) => list.length === 0)) return;
  const [fewest = []] = faults.sort((a, b) => a.length - b.length);
  throw problems.invalid("The command is not valid in any version of OCPP.", { errors: fewest.slice(0, FAULTS_MAX) });
}

/** Each once; `null`: a filter says which. */
function idsOf({ stationIds }: Creation): string[] | null {
  if (stationIds === undefined) return null;
  const faults = stationIds.flatMap((id, index): Fault[] => {
    const identity = checkIdentity(id);
    return identity.ok ? [] : [{ path: `/stationIds/${index}`, message: identity.error }];
  });
  if (faults.length > 0) throw invalid(faults.slice(0, FAULTS_MAX));
  return [...new Set(stationIds)];
}

function filtersOf(filter: Creation["filter"] = {}): StationFilters {
  const { online, undelivered, hasCsms, protocol, securityProfile, vendor, model, q, labels = {} } = filter;
  const { certificateExpiresBefore, offlineSince, offlineKind } = filter;
  return {
    ...{ online: online ?? null, undelivered: undelivered ?? null, hasCsms: hasCsms ?? null },
    ...{ protocol: protocol ?? null, securityProfile: securityProfile ?? null, query: q ?? null },
    ...{ vendor: vendor ?? null, model: model ?? null, labels: Object.entries(labels) },
    ...{ certificateExpiresBefore: certificateExpiresBefore ?? null, offlineSince: offlineSince ?? null },
    offlineKind: offlineKind ?? null,
  };
}

async function digestOf(asked: Creation): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(asked)))));
}
