/**
 * Finds the releases at which a fault comes and goes within one release line, asking an oracle as seldom as it can. Must
 * not know what the fault is, nor how a release is tried.
 */

export type State = "good" | "bad";

/** The version was tried, or the answer was had before; `undefined`: it could not be told. */
export type Oracle = (version: string) => Promise<State | undefined>;

export interface Change {
  /** The last release of the state before, and the first of the state after. */
  before: string;
  after: string;
  state: State;
}

export interface LineResult {
  /** Of the first release of the line. */
  first: State;
  changes: Change[];
  /** What was tried, in the order of versions. */
  tried: { version: string; state: State }[];
  unknown: string[];
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)$/;

/** `22..26`, or a list: `22,24`. */
export function expandRange(text: string): number[] {
  const range = /^(\d{1,3})\.\.(\d{1,3})$/.exec(text);
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (to >= from && to - from < 20) return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  } else if (/^\d{1,3}(,\d{1,3})*$/.test(text)) return [...new Set(text.split(",").map(Number))];
  throw new Error("--bisect must be a range of majors, 22..26, or a list, 22,24");
}

/** The stable releases of one line, oldest first. */
export function releasesOf(major: number, published: readonly string[]): string[] {
  return published
    .filter((version) => Number(VERSION.exec(version)?.[1]) === major)
    .toSorted((a, b) => orderOf(a) - orderOf(b));
}

function orderOf(version: string): number {
  const [, , minor, patch] = VERSION.exec(version) ?? [];
  return Number(minor) * 1_000 + Number(patch);
}

/**
 * A fault may come and be mended within one line, so that its ends alone say nothing: every `stride`th release is tried,
 * then the gap between two that differ is halved. An episode shorter than `stride` can hide between two that agree.
 */
export async function bisectLine(versions: readonly string[], stride: number, oracle: Oracle): Promise<LineResult> {
  const known = new Map<number, State>();
  const unknown: string[] = [];
  const ask = async (index: number): Promise<State | undefined> => {
    const version = versions[index] as string;
    if (known.has(index) || unknown.includes(version)) return known.get(index);
    const state = await oracle(version);
    if (state === undefined) unknown.push(version);
    else known.set(index, state);
    return state;
  };
  for (let index = 0; index < versions.length; index += stride) await ask(index);
  await ask(versions.length - 1);

  const probes = [...known.keys()].sort((a, b) => a - b);
  const changes: Change[] = [];
  for (const [place, start] of probes.entries()) {
    const end = probes[place + 1];
    if (end === undefined || known.get(start) === known.get(end)) continue;
    changes.push(await halve(start, end));
  }
  const tried = [...known].sort(([a], [b]) => a - b).map(([i, state]) => ({ version: versions[i] as string, state }));
  return { first: tried[0]?.state ?? "good", changes, tried, unknown };

  async function halve(start: number, end: number): Promise<Change> {
    let [low, high] = [start, end];
    const state = known.get(end) as State;
    while (high - low > 1) {
      const middle = await nearestKnown(low, high);
      if (middle === undefined) break;
      if (known.get(middle) === state) high = middle;
      else low = middle;
    }
    return { before: versions[low] as string, after: versions[high] as string, state };
  }

  /** From the middle outwards: a release that could not be had must not end the search. */
  async function nearestKnown(low: number, high: number): Promise<number | undefined> {
    const middle = Math.floor((low + high) / 2);
    for (let away = 0; away < high - low; away++) {
      for (const index of [middle - away, middle + away]) {
        if (index > low && index < high && (await ask(index)) !== undefined) return index;
      }
    }
    return undefined;
  }
}
