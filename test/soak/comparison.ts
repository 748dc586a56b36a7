/**
 * Slopes side by side: cohorts with each other, and Kerbside with the floor. Must not know how they were found.
 */
import type { Arm, Cohort, Names } from "./arm.ts";
import { areEqual, type Judgement, SAMPLES_MIN, type Slope } from "./slope.ts";

export interface Comparison {
  process: string;
  names: Names;
  of: string;
  with: string;
  /** `null`: too few samples to say. */
  holds: boolean | null;
  /** Of the slopes; `null` where the divisor may be nothing. */
  ratio: number | null;
  text: string;
}

export type Compared = Arm & { processes: readonly { name: string; judgement: Judgement }[] };

const PAIRS: [Cohort, Cohort][] = [
  ["mtls", "tls"],
  ["tls", "plain"],
];
/** What Kerbside may take for each KB that the floor takes. */
const FLOOR_RATIO_MAX = 1.1;

export function compare(arms: readonly Compared[]): Comparison[] {
  return arms.flatMap((arm) =>
    arm.processes.flatMap(({ name, judgement }) => [
      ...PAIRS.filter(([of]) => of === arm.cohort).flatMap(([, other]) => {
        const found = slopeIn(arms, name, { ...arm, cohort: other });
        return found === null ? [] : [cohorts(arm, other, name, judgement.slope, found)];
      }),
      ...(arm.kind === "kerbside" ? floors(arms, arm, name, judgement.slope) : []),
    ]),
  );
}

function cohorts(arm: Arm, other: Cohort, process: string, slope: Slope, found: Slope): Comparison {
  const holds = isKnown(slope) && isKnown(found) ? areEqual(slope, found) : null;
  const outcome = holds === null ? "unknown, too few samples" : holds ? "within the intervals" : "not within them";
  const floor = arm.kind === "floor" ? "floor, " : "";
  return {
    ...{ process, names: arm.names, of: arm.cohort, with: other, holds, ratio: ratioOf(slope, found) },
    text: `${floor}${process}, ${arm.names} names: ${arm.cohort} equal to ${other}: ${outcome}`,
  };
}

function floors(arms: readonly Compared[], arm: Arm, process: string, slope: Slope): Comparison[] {
  const floor = slopeIn(arms, process, { ...arm, kind: "floor" });
  if (floor === null) return [];
  const ratio = ratioOf(slope, floor);
  const holds = isKnown(slope) && isKnown(floor) ? slope.low <= FLOOR_RATIO_MAX * Math.max(0, floor.high) : null;
  const outcome = holds === null ? "unknown, too few samples" : holds ? "within the intervals" : "no, more";
  const shown = ratio === null ? "" : ` (ratio ${ratio.toFixed(2)})`;
  return [
    {
      ...{ process, names: arm.names, of: arm.cohort, with: "floor", holds, ratio },
      text: `${process}, ${arm.names} names: ${arm.cohort} at most ${FLOOR_RATIO_MAX} × the floor: ${outcome}${shown}`,
    },
  ];
}

function slopeIn(arms: readonly Compared[], process: string, { kind, cohort, names }: Arm): Slope | null {
  const arm = arms.find((each) => each.kind === kind && each.cohort === cohort && each.names === names);
  return arm?.processes.find(({ name }) => name === process)?.judgement.slope ?? null;
}

const isKnown = ({ samples }: Slope) => samples >= SAMPLES_MIN;
const ratioOf = (slope: Slope, by: Slope) => (by.low > 0 ? slope.perThousand / by.perThousand : null);
