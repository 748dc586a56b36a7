import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { Transition } from "../../src/fleet/transition.ts";
import { migrated } from "../support/sqlite-d1.ts";

vi.spyOn(console, "warn").mockImplementation(() => {});
// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src", file));
const { putRegistration } = await load("fleet/registrations.ts");
const { applyTransitions } = await load("fleet/directory.ts");
const { readMetrics } = await load("fleet/metrics/read-metrics.ts");
const { writePoints } = await load("fleet/metrics/points.ts");
const { exposition } = await load("http/exposition.ts");

const MINUTE_MS = 60_000;

function fleet(settings: Record<string, string> = {}) {
  const { database, directory } = migrated();
  const env = { ...settings, DIRECTORY: directory };
  const told = (stationId: string, more: Partial<Transition> = {}, station: Partial<Transition["station"]> = {}) =>
    ({
      ...{ stationId, at: 5, incarnation: "one", sequence: 1, revision: 0 },
      ...more,
      station: {
        ...{ registeredProfile: 1, labels: {}, online: true, protocol: "ocpp1.6", securityProfile: 1 },
        ...{ vendor: null, model: null, undelivered: false },
        ...station,
      },
    }) as Transition;
  return {
    ...{ database, env, directory, told },
    register: (...of: Parameters<typeof told>) => putRegistration(directory, told(...of)),
    text: async (now: number) => exposition(await readMetrics(env, now)) as string,
  };
}

const samples = (text: string, name: string) => text.split("\n").filter((line) => line.startsWith(`${name}{`));

test("What waits is what stations in trouble said last, and of those that are out of it nothing", async () => {
  const { directory, register, text, told } = fleet();
  for (const id of ["A", "B", "C"]) await register(id);
  const trouble = (id: string, sequence: number, events: number, since: number, profile = 1) =>
    told(id, { sequence, backlog: { events, since } }, { undelivered: true, registeredProfile: profile });
  await applyTransitions(directory, [trouble("A", 2, 7, MINUTE_MS), trouble("B", 2, 5, 2 * MINUTE_MS, 3)]);
  await applyTransitions(directory, [
    trouble("A", 9, 12, MINUTE_MS),
    trouble("A", 3, 1, 1),
    told("C", { sequence: 2 }),
  ]);
  const before = await text(3 * MINUTE_MS);
  expect(samples(before, "kerbside_outbox_events")).toEqual([
    'kerbside_outbox_events{security_profile="1"} 12',
    'kerbside_outbox_events{security_profile="3"} 5',
  ]);
  expect(samples(before, "kerbside_outbox_oldest_seconds")).toEqual([
    'kerbside_outbox_oldest_seconds{security_profile="1"} 120',
    'kerbside_outbox_oldest_seconds{security_profile="3"} 60',
  ]);
  await applyTransitions(directory, [told("A", { sequence: 10 })]);
  expect(samples(await text(3 * MINUTE_MS), "kerbside_outbox_events")).toEqual([
    'kerbside_outbox_events{security_profile="3"} 5',
  ]);
});

test("Stations are told apart by 20 values of a label, counted every five minutes, and no others are named", async () => {
  const { register, text } = fleet({ METRICS_LABEL: "site" });
  const name = "kerbside_stations_online_by_label";
  for (let site = 10; site < 40; site++) {
    await register(`S${site}`, {}, { labels: { site: `site-${site}` } });
    if (site < 30) await register(`S${site}-2`, {}, { labels: { site: `site-${site}` }, online: site % 2 === 0 });
  }
  await register("bare");
  const lines = samples(await text(1_000), name);
  expect(lines).toHaveLength(21);
  expect(lines).toContain(`${name}{label="site",value="site-10",protocol="ocpp1.6",security_profile="1"} 2`);
  expect(lines).toContain(`${name}{label="site",value="site-11",protocol="ocpp1.6",security_profile="1"} 1`);
  expect(lines).toContain(`${name}{label="site",value="other",protocol="ocpp1.6",security_profile="1"} 10`);
  await register("late", {}, { labels: { site: "site-10" } });
  expect(samples(await text(2_000), name)).toEqual(lines);
  expect(samples(await text(1_000 + 5 * MINUTE_MS), name).join()).toContain(
    'value="site-10",protocol="ocpp1.6",security_profile="1"} 3',
  );
});

test("Campaigns are counted by state, and stations of those that have not ended by what became of them", async () => {
  const { database, text } = fleet();
  const campaign = (id: string, state: string) =>
    database.exec(
      `INSERT INTO campaigns VALUES ('${id}', 1, 'n', 'a', '{}', NULL, '', 'Reset', '{}', 1, 1, NULL, '${state}', 3, NULL, NULL)`,
    );
  const member = (id: string, station: string, state: string) =>
    database.exec(
      `INSERT INTO campaign_members (campaign_id, station_id, state, changed_at) VALUES ('${id}', '${station}', '${state}', 1)`,
    );
  campaign("one", "running");
  campaign("two", "complete");
  campaign("three", "draft");
  for (const station of ["A", "B"]) member("one", station, "result");
  member("one", "C", "pending");
  member("two", "A", "result");
  member("three", "A", "pending");
  const lines = (await text(1)).split("\n").filter((line) => line.startsWith("kerbside_campaign"));
  expect(lines.toSorted()).toEqual([
    'kerbside_campaign_stations{state="pending"} 1',
    'kerbside_campaign_stations{state="result"} 2',
    'kerbside_campaigns{state="complete"} 1',
    'kerbside_campaigns{state="running"} 1',
  ]);
});

test("A label's value is what somebody wrote, and ends neither its label nor its line", async () => {
  const { register, text } = fleet({ METRICS_LABEL: "site" });
  await register("A", {}, { labels: { site: 'a"} 1\nb\\c' } });
  expect(samples(await text(1_000), "kerbside_stations_online_by_label").join()).toContain('value="a\\"} 1\\nb\\\\c",');
});

test("A histogram has each bucket with all below it, and as many in all as in the last", async () => {
  const { database, text } = fleet();
  const sums = JSON.stringify({ "l|3|0": 2, "l|3|9": 1, "l|3|10": 4, "l|3|s": 650_500, n: 3 });
  database.prepare("UPDATE metrics SET sums = ? WHERE name = 'counters'").run(sums);
  const lines = (await text(1)).split("\n").filter((line) => line.startsWith("kerbside_command_seconds"));
  expect(lines[0]).toBe('kerbside_command_seconds_bucket{security_profile="3",le="0.1"} 2');
  expect(lines.slice(-4)).toEqual([
    'kerbside_command_seconds_bucket{security_profile="3",le="120"} 3',
    'kerbside_command_seconds_bucket{security_profile="3",le="+Inf"} 7',
    'kerbside_command_seconds_sum{security_profile="3"} 650.5',
    'kerbside_command_seconds_count{security_profile="3"} 7',
  ]);
  expect(await text(1)).toContain("\nkerbside_counts_dropped_total 3\n");
});

test("Analytics Engine gets the same figures, 250 points at most, and nothing where it is not bound", async () => {
  const { database, env, register } = fleet();
  await register("A");
  const sums: Record<string, number> = { "x|hook|1|0": 5, "x|hook|1|9": 1, "x|hook|1|s": 20_000 };
  for (let index = 0; index < 300; index++) sums[`w|hook${index}|delivered|1`] = 1;
  database.prepare("UPDATE metrics SET sums = ? WHERE name = 'counters'").run(JSON.stringify(sums));
  const points: { blobs: string[]; doubles: number[] }[] = [];
  const METRICS = { writeDataPoint: (point: (typeof points)[number]) => points.push(point) };
  await writePoints(env, 1);
  expect(points).toEqual([]);
  await writePoints({ ...env, METRICS }, 1);
  expect(points).toHaveLength(250);
  expect(points).toContainEqual({
    indexes: ["kerbside_stations_online"],
    blobs: ["kerbside_stations_online", "ocpp1.6", "1"],
    doubles: [1],
  });
  expect(points.every(({ doubles }) => doubles.length <= 20)).toBe(true);
});

test("Certificates that end soon are counted by their days, those of stations that are gone are not", async () => {
  const DAY_MS = 86_400_000;
  const { database, register, text } = fleet();
  const now = 100 * DAY_MS;
  const ends = { A: -1, B: 0.5, C: 6, D: 20, E: 31, F: 3 };
  for (const [id, days] of Object.entries(ends)) await register(id, {}, { certificateNotAfter: now + days * DAY_MS });
  await register("G");
  database.exec("UPDATE stations SET deregistered = 1 WHERE station_id = 'F'");
  expect(samples(await text(now), "kerbside_certificates_ending").toSorted()).toEqual([
    'kerbside_certificates_ending{days="0"} 1',
    'kerbside_certificates_ending{days="1"} 2',
    'kerbside_certificates_ending{days="14"} 3',
    'kerbside_certificates_ending{days="30"} 4',
    'kerbside_certificates_ending{days="7"} 3',
  ]);
});
