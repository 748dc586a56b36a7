/**
 * `npm run bench -- campaign`: one command to 1,000 simulated stations at 50 a second, then once more with workerd killed three times in
 * the middle. Exit code 1 where the rate is off by more than a tenth, a station got it twice, or it did not end complete. Must not know
 * how a campaign runs.
 */
import { loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Protocol } from "../../src/ocpp/protocol.ts";
import { ConnectGate } from "../../src/simulator/fleet/connect-gate.ts";
import { ChargingStation } from "../../src/simulator/station/charging-station.ts";
import { Random } from "../../src/simulator/station/random.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";

const STATIONS = Number(process.env.STATIONS ?? 1_000);
const RATE = Number(process.env.RATE ?? 50);
const KILLS = 3;
/** Share of the rate that it may be off. */
const RATE_OFF_MAX = 0.1;
const CONNECTS_PER_SECOND = 60;
/** ms for all that is waited for. */
const WITHIN_MS = 300_000;

/** One that is registered, and when it was asked what. */
interface Asked {
  id: string;
  station: ChargingStation;
  at: number[];
}

const quiet = { add: () => {} };

function stationOf(kerbside: Kerbside, id: string, protocol: Protocol, gate: ConnectGate, action: string): Asked {
  const at: number[] = [];
  const statistics = {
    ...{ connects: quiet, calls: quiet, connectFailures: quiet, callFailures: quiet, drops: quiet },
    commands: { add: (asked: string) => (asked === action ? void at.push(performance.now()) : undefined) },
    ...{ interrupted: 0, boots: 0, heartbeats: 0, meterValues: 0, sessions: 0, sessionsRefused: 0, energyWh: 0 },
  };
  const url = `ws://localhost:${kerbside.edge.port}/ocpp/${id}`;
  const station = new ChargingStation({
    station: { ...{ stationId: id, url, protocol, socket: {} }, profile: "none" },
    ...{
      random: Random.of(1, id),
      gate,
      statistics,
      sessionMs: 60_000,
      meterIntervalMs: 60_000,
      chargesByItself: false,
    },
  });
  return { id, station, at };
}

async function until(what: string, probe: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + WITHIN_MS;
  while (!(await probe())) {
    if (Date.now() > end) throw new Error(`not within ${WITHIN_MS / 1_000} s: ${what}`);
    await delay(250);
  }
}

export async function campaign(): Promise<void> {
  const kerbside = await startKerbside({}, { connectsPerAddress: 1_000_000 });
  const gate = new ConnectGate(CONNECTS_PER_SECOND, 64);
  const fleet = Array.from({ length: STATIONS }, (_, index) =>
    stationOf(kerbside, `C-${index}`, index % 2 === 0 ? "ocpp1.6" : "ocpp2.0.1", gate, "ClearCache"),
  );
  try {
    process.stderr.write(`registering and connecting ${STATIONS} stations …\n`);
    for (const { id } of fleet) await kerbside.register(id, { labels: { bench: "yes" } });
    for (const { station } of fleet) station.start();
    await Promise.all(fleet.map(({ station }) => station.whenIn()));
    console.log(
      `${STATIONS} stations, ${RATE} a second; load ${loadavg()
        .map((each) => each.toFixed(1))
        .join(" ")}\n`,
    );
    console.log("| kills | rate | asked | twice | result | timeout | others | state | s |");
    console.log("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |");
    const faults = [...(await run(kerbside, fleet, 0)), ...(await run(kerbside, fleet, KILLS))];
    console.log(faults.length === 0 ? "\nWITHIN" : `\nOVER: ${faults.join("; ")}`);
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    for (const { station } of fleet) station.kill();
    await kerbside.stop();
  }
}

async function run(kerbside: Kerbside, fleet: readonly Asked[], kills: number): Promise<string[]> {
  for (const { at } of fleet) at.length = 0;
  const begun = performance.now();
  const { status, body } = await kerbside.api("POST", "/v1/campaigns", {
    ...{ name: `${kills} kills`, action: "ClearCache", payload: {}, filter: { labels: { bench: "yes" } } },
    ...{ ratePerSecond: RATE, expiresInSeconds: 600 },
  });
  if (status !== 201) throw new Error(`the campaign was not made: ${status} ${JSON.stringify(body)}`);
  const asked = () => fleet.filter(({ at }) => at.length > 0).length;
  for (let kill = 1; kill <= kills; kill++) {
    await until(`${kill} of ${kills + 1} parts to be asked`, () => asked() >= (STATIONS * kill) / (kills + 1));
    for (const pid of kerbside.edge.workerdPids()) process.kill(pid, "SIGKILL");
  }
  let campaign = body;
  await until("the campaign to end", async () => {
    const answer = await kerbside.api("GET", `/v1/campaigns/${body.campaignId}`).catch(() => null);
    if (answer?.status === 200) campaign = answer.body;
    return campaign.endedAt !== undefined;
  });
  const times = fleet.flatMap(({ at }) => at).sort((a, b) => a - b);
  // From the first of the first round to the first of the last one.
  const measured = ((STATIONS - RATE) / ((times[STATIONS - RATE] ?? Number.NaN) - (times[0] ?? 0))) * 1_000;
  const twice = fleet.filter(({ at }) => at.length > 1).length;
  const { result, timeout, ...others } = campaign.progress as Record<string, number>;
  const rest = Object.values(others).reduce((sum, count) => sum + count, 0);
  const seconds = (performance.now() - begun) / 1_000;
  const rate = kills === 0 ? measured.toFixed(1) : "–";
  console.log(
    `| ${[kills, rate, asked(), twice, result, timeout, rest, campaign.state, seconds.toFixed(1)].join(" | ")} |`,
  );
  const unanswered = fleet.filter(({ at }) => at.length === 0).length;
  return [
    ...(kills === 0 && Math.abs(measured / RATE - 1) > RATE_OFF_MAX ? [`the rate was ${measured.toFixed(1)}`] : []),
    ...(twice > 0 ? [`${twice} were asked twice`] : []),
    ...(campaign.state !== "complete" ? [`it ended ${campaign.state}`] : []),
    ...(rest > 0 ? [`${rest} have another outcome`] : []),
    // What was on its way to a station when a process ended is a timeout, and nothing else is.
    ...(unanswered > (timeout ?? 0) ? [`${unanswered} were not asked`] : []),
  ];
}
