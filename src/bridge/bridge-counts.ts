/**
 * What a bridge has been through, as sums: in Prometheus' text, and as one line. Must not know sockets.
 */

/** s; the upper bounds of the histogram. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

class Histogram {
  readonly counts = BUCKETS.map(() => 0);
  count = 0;
  sum = 0;

  /** @param ms of one */
  add(ms: number): void {
    const seconds = ms / 1_000;
    this.count++;
    this.sum += seconds;
    BUCKETS.forEach((bound, index) => {
      if (seconds <= bound) this.counts[index] = (this.counts[index] ?? 0) + 1;
    });
  }
}

const SIDES = ["link", "csms", "mirror"] as const;
type Side = (typeof SIDES)[number];

/** How things stand at the moment. */
export interface BridgeStanding {
  stations: number;
  linked: number;
  csms: Record<string, number>;
}

export class BridgeCounts {
  readonly frames = { toCsms: 0, toStation: 0 };
  readonly latencies = new Histogram();
  readonly #lost = { link: new Map(), csms: new Map(), mirror: new Map() } as Record<Side, Map<string, number>>;
  readonly #mirror = new Map<string, number>();

  /** Of an answer of the mirror beside the CSMS's. */
  agreed(verdict: "same" | "different" | "error" | "none"): void {
    this.#mirror.set(verdict, (this.#mirror.get(verdict) ?? 0) + 1);
  }

  /** @param status the HTTP status that refused it; `null`: another kind of end */
  lost(side: Side, status: number | null): void {
    const key = status === null ? "closed" : String(status);
    this.#lost[side].set(key, (this.#lost[side].get(key) ?? 0) + 1);
  }

  text({ stations, linked, csms }: BridgeStanding): string {
    const lines = [
      ...metric("kerbside_bridge_stations", "gauge", "Stations that this bridge carries.", [["", stations]]),
      ...metric("kerbside_bridge_links", "gauge", "Links to Kerbside that are open.", [["", linked]]),
      ...metric(
        "kerbside_bridge_csms_sockets",
        "gauge",
        "Sockets to the CSMS, by state.",
        Object.entries(csms).map(([state, count]): [string, number] => [`state="${state}"`, count]),
      ),
      ...metric(
        "kerbside_bridge_closed_total",
        "counter",
        "Sockets that closed or were refused, by side and HTTP status.",
        SIDES.flatMap((side) =>
          Array.from(this.#lost[side], ([status, count]): [string, number] => [
            `side="${side}",status="${status}"`,
            count,
          ]),
        ),
      ),
      ...metric("kerbside_bridge_frames_total", "counter", "Frames passed on.", [
        ['to="csms"', this.frames.toCsms],
        ['to="station"', this.frames.toStation],
      ]),
      ...metric(
        "kerbside_bridge_mirror_answers_total",
        "counter",
        "Answers of the mirror beside the CSMS's.",
        Array.from(this.#mirror, ([verdict, count]): [string, number] => [`verdict="${verdict}"`, count]),
      ),
    ];
    const { counts, count, sum } = this.latencies;
    const name = "kerbside_bridge_answer_seconds";
    lines.push(
      `# HELP ${name} From a station's CALL to the CSMS's answer.`,
      `# TYPE ${name} histogram`,
      ...BUCKETS.map((bound, index) => `${name}_bucket{le="${bound}"} ${counts[index]}`),
      `${name}_bucket{le="+Inf"} ${count}`,
      `${name}_sum ${sum}`,
      `${name}_count ${count}`,
    );
    return `${lines.join("\n")}\n`;
  }
}

const metric = (name: string, type: string, help: string, values: [labels: string, value: number][]): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...values.map(([labels, value]) => `${name}${labels === "" ? "" : `{${labels}}`} ${value}`),
];
