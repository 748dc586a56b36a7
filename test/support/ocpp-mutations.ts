// Breaks a payload at random places, as broken firmware and attackers do: values swapped, keys dropped, added and poisoned.
// It must not know schemas: whether the outcome is still valid is for others to say.

import { pick, type Rng } from "./ocpp-samples.ts";

type Container = Record<string | number, unknown>;

const NUMBERS = [0, -0, -1, 1.5, 21.4, 1e21, 1e308, 2 ** 53, 100, 101];
const TEXTS = [
  "",
  "null",
  "x".repeat(60),
  "🔌".repeat(30),
  "Accepted",
  "Celsius",
  "2026-11-23T12:00:00+03",
  "http://x/ y",
];
const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "a/b~c",
  "",
  "0",
  "customData",
  "value",
  "status",
];

/** One to four changes, each somewhere in the tree; the payload itself stays as it was. */
export function mutate(payload: unknown, rng: Rng): unknown {
  const holder = { payload: structuredClone(payload) };
  for (let left = 1 + Math.floor(rng() * 4); left > 0; left--) mutateOnce(holder, rng);
  return holder.payload;
}

function mutateOnce(holder: Container, rng: Rng): void {
  let parent = holder;
  let key: string | number = "payload";
  for (;;) {
    const child: unknown = parent[key];
    if (typeof child !== "object" || child === null || rng() < 0.25) break;
    const keys: string[] = Object.keys(child).filter((it) => it !== "__proto__");
    if (keys.length === 0) break;
    parent = child as Container;
    key = pick(rng, keys);
  }
  const current = parent[key];
  const atRoot = parent === holder;
  switch (Math.floor(rng() * 5)) {
    case 0:
      // A swapped root would end most runs at once.
      if (!atRoot || rng() < 0.1) parent[key] = odd(rng);
      return;
    case 1:
      if (!atRoot && !Array.isArray(parent)) delete parent[key];
      return;
    case 2:
      if (typeof current !== "object" || current === null) return;
      // As JSON.parse does it: an own key, whatever its name.
      Object.defineProperty(current, Array.isArray(current) ? current.length : pick(rng, NAMES), {
        value: odd(rng),
        ...{ enumerable: true, configurable: true, writable: true },
      });
      return;
    case 3:
      if (typeof current === "string") parent[key] = rng() < 0.5 ? `${current}x` : current.slice(0, -1);
      else if (typeof current === "number") parent[key] = pick(rng, [-current, current + 0.05, String(current)]);
      else if (Array.isArray(current)) parent[key] = rng() < 0.5 ? [] : [...current, ...current, ...current];
      return;
    default:
      if (!atRoot && rng() < 0.5) parent[key] = null;
  }
}

function odd(rng: Rng): unknown {
  return pick<() => unknown>(rng, [
    () => null,
    () => rng() < 0.5,
    () => pick(rng, NUMBERS),
    () => pick(rng, TEXTS),
    () => [],
    () => [odd(rng)],
    () => ({}),
    () => ({ [pick(rng, NAMES)]: 1 }),
  ])();
}
