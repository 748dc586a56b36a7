/**
 * The stations that misbehave, registered as far as they are to be, and set going. Must not know what the rest of the fleet does.
 */
import { join } from "node:path";
import { openPki } from "../../local/pki/pki.ts";
import { issueStationCertificate } from "../../local/pki/station-certificate.ts";
import type { Broker } from "../fleet/broker.ts";
import type { CastMember } from "../fleet/simulation-options.ts";
import { socketOptions } from "../fleet/station-socket.ts";
import { stationUrl } from "../fleet/targets.ts";
import { ODD } from "./cast.ts";
import {
  goesAway,
  goesSilent,
  knocks,
  type OddLife,
  type OddStation,
  reconnectsForEver,
  sendsMalformedFrames,
} from "./odd-lives.ts";

const WRONG = "not the password at all";

export interface OddFleet {
  /** The one that goes for good has gone. */
  isAway: Promise<void>;
  /** Each life is over. */
  ended: Promise<unknown>;
}

/** Resolves once each is registered; they live until the signal. */
export async function startOddFleet(broker: Broker, signal: AbortSignal): Promise<OddFleet> {
  const expired = async () => {
    const { stationId } = ODD.expired;
    const pki = await openPki(join(broker.dir, "pki"));
    const { cert, key } = await issueStationCertificate(pki, { stationId, kind: "expired" });
    return odd(broker, ODD.expired, await registered(broker, ODD.expired), { cert, key });
  };
  const plain = async (member: CastMember) => odd(broker, member, await registered(broker, member));
  const wrong = async () => {
    await registered(broker, ODD.wrongPassword);
    return odd(broker, ODD.wrongPassword, WRONG);
  };
  const lives: [Promise<OddStation>, OddLife][] = [
    [plain(ODD.silent), goesSilent],
    [expired(), knocks],
    [wrong(), knocks],
    [plain(ODD.malformed), sendsMalformedFrames],
    [plain(ODD.loop), reconnectsForEver],
    [Promise.resolve(odd(broker, ODD.newcomer, WRONG)), knocks],
  ];
  const stations = await Promise.all(lives.map(async ([station, life]) => [await station, life] as const));
  const isAway = goesAway(await plain(ODD.away), signal);
  return { isAway, ended: Promise.all([isAway, ...stations.map(([station, life]) => life(station, signal))]) };
}

const registered = (broker: Broker, member: CastMember): Promise<string | null> =>
  broker.register(member.stationId, member, { labels: member.labels });

function odd(
  broker: Broker,
  { stationId, profile, protocol, identification }: CastMember,
  password: string | null,
  certificate: { cert: string; key: string } | null = null,
): OddStation {
  const url = stationUrl(broker.target, profile, stationId);
  const socket = socketOptions(url, { stationId, password, certificate, rootPem: () => broker.rootPem() });
  return { station: { stationId, profile, protocol, url, socket }, identification };
}
