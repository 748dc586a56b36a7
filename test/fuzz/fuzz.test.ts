import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { TestStation } from "../support/test-station.ts";
import { certificateAttack } from "./chains.ts";
import { AttackCounts } from "./counts.ts";
import { frontAttack } from "./front.ts";
import { fuzz } from "./run.ts";
import { type Place, registerTargets } from "./targets.ts";
import { witnessOptions } from "./witnesses.ts";

const errors: string[] = [];
const seed = Math.floor(Math.random() * 2 ** 31);
let kerbside: Kerbside;

beforeAll(async () => {
  const log = (line: string, level: string) => {
    if (level === "error") errors.push(line);
  };
  kerbside = await startKerbside({}, { log, connectsPerStation: 1_000_000 });
});
afterAll(() => kerbside?.stop());

test("Six thousand odd frames drop no socket, raise no exception, and get none but legal answers", async () => {
  const counts = await fuzz(kerbside, 6_000, seed, 3);
  expect({ seed, ...counts, answers: counts.answers > 3_000, rssMb: [] }).toEqual({
    seed,
    frames: 6_000,
    answers: true,
    illegalAnswers: [],
    droppedSockets: [],
    unansweredHeartbeats: [],
    rssMb: [],
  });
  expect(errors).toEqual([]);
});

test.each([
  ["requests and upgrades", frontAttack, 300],
  ["certificate chains", certificateAttack, 100],
] as const)(
  "Mutated %s let nobody in who has no right to be, fail alone, and are told so in problems",
  async (_, attack, count) => {
    const { edge, register } = kerbside;
    const place: Place = {
      ports: { http: edge.port, tls: edge.tlsPort, mtls: edge.mtlsPort },
      rootPem: edge.pki.rootPem,
      pki: edge.pki,
      register,
    };
    await registerTargets(place);
    const witnesses = await Promise.all(Object.values(await witnessOptions(place)).map(TestStation.connect));
    const stderr = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
    const next = await attack(place, seed);
    const counts = new AttackCounts();
    let begun = 0;
    const worker = async () => {
      while (begun++ < count) await next(counts);
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    const told = stderr.mock.calls.map(([line]) => String(line)).filter((line) => /"level":"error"/.test(line));
    stderr.mockRestore();
    const violations = Object.values(counts.violations).flatMap(({ examples }) => examples);
    expect({ seed, sent: counts.sent, violations, told }).toEqual({ seed, sent: count, violations: [], told: [] });
    expect(counts.admitted).toBeGreaterThan(0);
    for (const witness of witnesses) {
      expect((await witness.call("Heartbeat"))[0]).toBe(3);
      witness.kill();
    }
  },
);
