/**
 * The local edge with the floor's Worker, as a process that says what `npm start` says. Must not know who measures it.
 */
import { join } from "node:path";
import { startEdge } from "../../src/local/edge.ts";

const edge = await startEdge({
  dir: process.env.KERBSIDE_DIR ?? "",
  entry: join(import.meta.dirname, "floor-worker.js"),
  ownSignals: true,
});
process.on("SIGTERM", () => void edge.stop().then(() => process.exit(0)));
process.stdout.write(
  `${edge.httpUrl}\n${edge.tlsUrl.replace("https", "wss")}\n${edge.mtlsUrl.replace("https", "wss")}\nready\n`,
);
