/**
 * Durations as counts in buckets that grow by 2 %, so that a million of them take no more memory than ten. Must not know
 * what took so long.
 */

const GROWTH = 1.02;
/** ms; what is shorter counts as this. */
const SHORTEST_MS = 0.01;
/** Up to about 11 minutes; the last bucket holds what is longer. */
const BUCKETS = 910;

export interface Percentiles {
  count: number;
  /** ms; `null`: nothing was measured. */
  p50: number | null;
  p90: number | null;
  p99: number | null;
  max: number | null;
}

export class Latencies {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) / Math.log(GROWTH));
    const index = Math.min(bucket, BUCKETS - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, ms);
  }

  merge(other: Latencies): void {
    other.#counts.forEach((count, index) => {
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
    });
    this.#count += other.#count;
    this.#max = Math.max(this.#max, other.#max);
  }

  /** The upper bound of the bucket in which the share is reached, never above the longest: at most 2 % too high. */
  percentile(share: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index] ?? 0;
      if (seen >= rank) return Math.min(SHORTEST_MS * GROWTH ** index, this.#max);
    }
    return this.#max;
  }

  percentiles(): Percentiles {
    const rounded = (ms: number | null) => (ms === null ? null : Math.round(ms * 100) / 100);
    return {
      count: this.#count,
      p50: rounded(this.percentile(0.5)),
      p90: rounded(this.percentile(0.9)),
      p99: rounded(this.percentile(0.99)),
      max: this.#count === 0 ? null : rounded(this.#max),
    };
  }
}
