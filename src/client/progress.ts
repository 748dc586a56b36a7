/**
 * Which events were handled already, by station. Must not know what handling is.
 */

/**
 * Where it is kept that an event was handled: a table of ids in the backend's own database, where a repetition after a restart counts.
 * What was given up once (a dead letter) and is replayed has a lower sequence than what was handled since, so the newest alone will not
 * do.
 */
export interface Progress {
  isHandled(event: EventName): Promise<boolean> | boolean;
  handled(event: EventName): Promise<void> | void;
}

export interface EventName {
  /** The Charging Station's identity. */
  subject: string;
  /** The same on every delivery. */
  id: string;
  /** Rises per station, over registrations too. */
  sequence: number;
}

/** Stations, and sequences of one that were passed over, of which is known that they were not handled. */
const STATIONS_MAX = 100_000;
const GAPS_MAX = 100;

interface Known {
  last: number;
  /** What was passed over, each from and to, oldest first. */
  gaps: [number, number][];
}

/** In memory: what came before the process began is taken for new, once. */
export class MemoryProgress implements Progress {
  readonly #stations = new Map<string, Known>();

  isHandled({ subject, sequence }: EventName): boolean {
    const known = this.#stations.get(subject);
    if (known === undefined || sequence > known.last) return false;
    return !known.gaps.some(([from, to]) => sequence >= from && sequence <= to);
  }

  handled({ subject, sequence }: EventName): void {
    const known = this.#stations.get(subject) ?? { last: sequence - 1, gaps: [] };
    // The one that spoke last goes last.
    this.#stations.delete(subject);
    this.#stations.set(subject, after(known, sequence));
    if (this.#stations.size <= STATIONS_MAX) return;
    const [oldest = ""] = this.#stations.keys();
    this.#stations.delete(oldest);
  }
}

function after({ last, gaps }: Known, sequence: number): Known {
  if (sequence > last) {
    const passed: [number, number][] = sequence > last + 1 ? [[last + 1, sequence - 1]] : [];
    return { last: sequence, gaps: [...gaps, ...passed].slice(-GAPS_MAX) };
  }
  const left = gaps.flatMap(([from, to]): [number, number][] => {
    if (sequence < from || sequence > to) return [[from, to]];
    return [[from, sequence - 1] as [number, number], [sequence + 1, to] as [number, number]].filter(
      ([a, b]) => a <= b,
    );
  });
  return { last, gaps: left };
}
