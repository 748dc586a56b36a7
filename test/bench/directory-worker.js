/**
 * The fleet's directory alone, on a D1 whose rows are counted: filled, asked, and timed where the database answers. Must not know
 * which questions are asked, nor what is a good time.
 */
import { summarize } from "../../src/fleet/fleet-sums.ts";
import { listStations } from "../../src/fleet/station-list.ts";
import { INSERT, statements, UPDATES } from "../../src/fleet/station-rows.ts";

const counts = { rowsRead: 0, rowsWritten: 0 };

function counted(result) {
  counts.rowsRead += result.meta.rows_read;
  counts.rowsWritten += result.meta.rows_written;
  return result;
}

function counting(database) {
  const own = new WeakMap();
  const wrapped = (statement) => {
    const made = {
      bind: (...values) => wrapped(statement.bind(...values)),
      all: async () => counted(await statement.all()),
      run: async () => counted(await statement.run()),
      first: async () => counted(await statement.all()).results[0] ?? null,
    };
    own.set(made, statement);
    return made;
  };
  return {
    prepare: (text) => wrapped(database.prepare(text)),
    batch: async (all) => (await database.batch(all.map((each) => own.get(each) ?? each))).map(counted),
  };
}

const BARE = "SELECT * FROM stations WHERE station_id > ?1 ORDER BY station_id LIMIT 100";

async function answer(asked, database) {
  switch (asked.kind) {
    case "run":
      await database.batch(asked.statements.map((text) => database.prepare(text)));
      break;
    case "insert":
    case "update":
      await database.batch(
        statements(database, asked.kind === "insert" ? [INSERT] : UPDATES, asked.transitions, Date.now()),
      );
      break;
    case "list": {
      const { stations, next } = await listStations(database, "all", asked.query, Date.now());
      return { stations: stations.length, next };
    }
    case "summary":
      return { stations: (await summarize(database)).stations, next: null };
    case "bare":
      return { stations: (await database.prepare(BARE).bind("S").all()).results.length, next: null };
  }
  return { stations: 0, next: null };
}

export default {
  async fetch(request, { DIRECTORY }) {
    const asked = await request.json();
    const database = counting(DIRECTORY);
    Object.assign(counts, { rowsRead: 0, rowsWritten: 0 });
    const begun = performance.now();
    const done = await answer(asked, database);
    return Response.json({ ms: performance.now() - begun, ...counts, ...done });
  },
};
