/**
 * `npm run bench -- directory`: rows read and time of every question to a directory of 100,000 stations, beside a bare page of the
 * same database, turn about. Must not know how the directory answers.
 */
import { questions, PAGE, startDirectory, stationOf } from "./directory-fleet.ts";

const STATIONS = Number(process.env.STATIONS ?? 100_000);
const ROUNDS = Number(process.env.ROUNDS ?? 200);
/** Of one that has one filter or none, and of the summary. */
export const ROWS_MAX = 3 * PAGE + 50;
/** p99, over that of the bare page. */
const RATIO_MAX = 3;

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

export async function directory(): Promise<void> {
  process.stderr.write(`filling a directory with ${STATIONS} stations …\n`);
  const begun = performance.now();
  const { ask, stop } = await startDirectory(STATIONS);
  process.stderr.write(`… in ${((performance.now() - begun) / 1_000).toFixed(0)} s\n`);
  try {
    const lines = [
      ...questions(STATIONS).map(([name, query, isAlone]) => ({
        name,
        isAlone,
        asked: { kind: "list", query } as const,
      })),
      { name: "summary", isAlone: true, asked: { kind: "summary" } as const },
    ].map((line) => ({ ...line, ms: [] as number[], bare: [] as number[], rows: 0, stations: 0 }));
    for (let round = -5; round < ROUNDS; round++) {
      for (const line of lines) {
        const bare = await ask({ kind: "bare" });
        const told = await ask(line.asked);
        line.rows = Math.max(line.rows, told.rowsRead);
        line.stations = told.stations;
        // The first rounds warm the code and the database's pages.
        if (round < 0) continue;
        line.bare.push(bare.ms);
        line.ms.push(told.ms);
      }
    }
    const everyBare = lines.flatMap(({ bare }) => bare).sort((a, b) => a - b);
    console.log(
      `${STATIONS} stations, pages of ${PAGE}, ${ROUNDS} rounds, each beside a bare page: p50 ${at(everyBare, 0.5).toFixed(2)} ms, p99 ${at(everyBare, 0.99).toFixed(2)} ms\n`,
    );
    console.log("| question | on the page | rows read | p50 ms | p99 ms | p50 ÷ bare | p99 ÷ bare |");
    console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    const over: string[] = [];
    for (const { name, isAlone, ms, rows, stations } of lines) {
      ms.sort((a, b) => a - b);
      const [p50, p99] = [at(ms, 0.5), at(ms, 0.99)];
      const ratios = [p50 / at(everyBare, 0.5), p99 / at(everyBare, 0.99)];
      if (isAlone && (rows > ROWS_MAX || (ratios[1] ?? 0) > RATIO_MAX)) over.push(name);
      const cells = [p50.toFixed(2), p99.toFixed(2), ...ratios.map((ratio) => ratio.toFixed(2))];
      console.log(`| ${name}${isAlone ? "" : " (several)"} | ${stations} | ${rows} | ${cells.join(" | ")} |`);
    }
    await written(ask);
    console.log(
      over.length === 0
        ? `\nWITHIN: ${ROWS_MAX} rows and ${RATIO_MAX} × the bare page's p99`
        : `\nOVER: ${over.join("; ")}`,
    );
  } finally {
    await stop();
  }
}

/** What transitions cost. */
async function written(ask: Awaited<ReturnType<typeof startDirectory>>["ask"]): Promise<void> {
  const known = stationOf(5);
  const online = known.station as NonNullable<typeof known.station>;
  const off = {
    ...online,
    online: false,
    protocol: null,
    securityProfile: null,
    disconnect: { at: known.at, code: 1001, reason: "" },
  };
  const steps: [string, typeof online][] = [
    ["a disconnection", off],
    ["a connection", { ...online, disconnect: off.disconnect, connectedAt: known.at }],
    ["the same once more (a boot)", { ...online, disconnect: off.disconnect, connectedAt: known.at }],
    [
      "the first boot: vendor, model, serial number",
      {
        ...online,
        disconnect: off.disconnect,
        connectedAt: known.at,
        vendor: "Vendor X",
        model: "Model X",
        serialNumber: "X",
      },
    ],
    [
      "two labels changed",
      {
        ...online,
        disconnect: off.disconnect,
        vendor: "Vendor X",
        model: "Model X",
        serialNumber: "X",
        labels: { a: "1", b: "2" },
      },
    ],
  ];
  console.log("\n| a transition | rows written |\n| --- | ---: |");
  let sequence = 1;
  for (const [name, station] of steps) {
    const { rowsWritten } = await ask({ kind: "update", transitions: [{ ...known, sequence: ++sequence, station }] });
    console.log(`| ${name} | ${rowsWritten} |`);
  }
  const fresh = { ...known, stationId: "NEW-1" };
  const { rowsWritten } = await ask({ kind: "insert", transitions: [fresh] });
  console.log(`| a registration with three labels | ${rowsWritten} |`);
}
