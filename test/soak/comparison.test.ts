import { expect, test } from "vitest";
import type { Arm } from "./arm.ts";
import { type Compared, compare } from "./comparison.ts";
import type { Slope } from "./slope.ts";

function arm(kind: Arm["kind"], cohort: Arm["cohort"], perThousand: number, half: number, samples = 20): Compared {
  const range = { perThousand, low: perThousand - half, high: perThousand + half, latePerThousand: perThousand };
  const slope: Slope = { ...range, samples, steps: [] };
  const judgement = { verdict: "undecided", text: "", slope } as const;
  return { ...{ kind, cohort, names: "same", name: "" }, processes: [{ name: "workerd", judgement }] };
}

test("Cohorts are compared with each other, TLS with plain and mTLS with TLS", () => {
  const found = compare([
    arm("kerbside", "plain", 0, 10),
    arm("kerbside", "tls", 15, 10),
    arm("kerbside", "mtls", 90, 10),
  ]);
  expect(found.map(({ of, with: other, holds }) => [of, other, holds])).toEqual([
    ["tls", "plain", true],
    ["mtls", "tls", false],
  ]);
});

test("Kerbside may take a tenth more than the floor, as far as the intervals can tell", () => {
  const over = (perThousand: number) =>
    compare([arm("kerbside", "tls", perThousand, 10), arm("floor", "tls", 100, 10)])[0];
  expect(over(109)).toMatchObject({ with: "floor", holds: true, ratio: 1.09 });
  expect(over(140)).toMatchObject({ holds: false, ratio: 1.4 });
});

test("Of a floor that may not grow at all there is no ratio", () => {
  const found = compare([arm("kerbside", "tls", 40, 10), arm("floor", "tls", 0, 10)]);
  expect(found).toMatchObject([{ holds: false, ratio: null }]);
});

test("Nothing is said of too few samples", () => {
  const found = compare([arm("kerbside", "tls", 40, 10, 3), arm("floor", "tls", 0, 10)]);
  expect(found).toMatchObject([{ holds: null }]);
});
