/**
 * The fleet of a run: registered, each with its way in, its pace and its temper; and what breaks its lines. Must not know
 * the other faults.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openPki } from "../../src/local/pki/pki.ts";
import { issueStationCertificate } from "../../src/local/pki/station-certificate.ts";
import { createStationKey } from "../../src/local/pki/station-key.ts";
import type { Kerbside, Registration } from "../../src/client/kerbside.ts";
import { forEach } from "./api.ts";
import type { EdgeProcess } from "./edge-process.ts";
import type { Chosen, Occurrences } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Version } from "./sessions.ts";
import { ChaosStation } from "./station.ts";
import { PLAIN, temperOf } from "./temper.ts";

/** One in so many stations comes over mTLS. */
const MTLS_EVERY = 20;
/** Messages a second of the whole fleet: what two cores carry beside the chaos itself and five webhooks. */
const FLEET_MESSAGES_PER_SECOND = 45;
const PACE_MIN_MS = 250;
/** The one that fills the dead webhook's backlog is the last of the fleet, and one of OCPP 1.6. */
const FLOOD_PACE_MS = 40;
/** ms between two times that a station loses its line or leaves, beside the kills. */
const DISTURBED_EVERY_MS = 60_000;
const AT_ONCE = 16;

const versionOf = (number: number): Version => (number % 2 === 0 ? "ocpp1.6" : "ocpp2.0.1");
const isMtls = (number: number) => number % MTLS_EVERY === 3;
const numberOf = (id: string) => Number(id.slice(-4));

/** What its PUT says, beside labels and password. */
export const registrationOf = ({ id }: { id: string }): Registration => ({
  securityProfile: isMtls(numberOf(id)) ? 3 : 0,
  protocols: [versionOf(numberOf(id))],
});

export async function makeFleet(
  count: number,
  chosen: Chosen,
  edge: EdgeProcess,
  kerbside: Kerbside,
  random: (actor: string) => Random,
  headers: Readonly<Record<string, string>>,
): Promise<ChaosStation[]> {
  const pki = await openPki(join(edge.dir, "pki"));
  const sharedKey = await createStationKey();
  const paceMs = Math.max((count / FLEET_MESSAGES_PER_SECOND) * 1_000, PACE_MIN_MS);
  const flooder = chosen.has("flood") ? count - 2 + (count % 2) : -1;
  const stations: ChaosStation[] = [];
  const numbers = Array.from({ length: count }, (_, index) => index);
  await forEach(numbers, AT_ONCE, async (number) => {
    const id = `CHAOS-${String(number).padStart(4, "0")}`;
    const version = versionOf(number);
    const labels = { registration: "0" };
    await kerbside.station(id).register({ ...registrationOf({ id }), labels });
    const endpoint = isMtls(number)
      ? `wss://localhost:${edge.ports.mtls}/ocpp`
      : `ws://localhost:${edge.ports.http}/ocpp`;
    const issued = isMtls(number) ? await issueStationCertificate(pki, { stationId: id, sharedKey }) : null;
    const tls = issued === null ? {} : { tls: { ca: pki.rootPem, cert: issued.cert, key: issued.key } };
    const floods = number === flooder;
    stations[number] = new ChaosStation({
      id,
      version,
      endpoint,
      headers,
      random: random(id),
      paceMs: floods ? FLOOD_PACE_MS : paceMs,
      floods,
      temper: chosen.has("ids") && !floods ? temperOf(version, number) : PLAIN,
      ...tls,
    });
  });
  return stations;
}

/** Lines break and stations leave for a while, all along. */
export async function disturbLines(
  stations: ChaosStation[],
  random: Random,
  signal: AbortSignal,
  occurrences: Occurrences,
): Promise<void> {
  const away = new Set<ChaosStation>();
  const leaving = new Set<Promise<void>>();
  const everyMs = DISTURBED_EVERY_MS / stations.length;
  while (!signal.aborted) {
    await delay(random.between(0.5, 1.5) * everyMs);
    const station = random.pick(stations);
    if (away.has(station)) continue;
    if (random.chance(0.6)) {
      station.breakLine();
      occurrences.count("lines", "broke");
    } else {
      away.add(station);
      occurrences.count("lines", "left");
      const leave = station.leave(random.between(500, 12_000)).finally(() => {
        away.delete(station);
        leaving.delete(leave);
      });
      leaving.add(leave);
    }
  }
  await Promise.all(leaving);
}
