/**
 * Chance that can be had again, as the simulator has it, and how often something is to happen. Must not know what is decided by it.
 */
import { Random as Stream } from "../../src/simulator/station/random.ts";

export class Random extends Stream {
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let rest = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      rest -= weight;
      if (rest < 0) return name;
    }
    return (entries.at(-1) as [Name, number])[0];
  }
}
