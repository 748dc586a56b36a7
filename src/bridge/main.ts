/**
 * `npm run bridge`: Kerbside on one side, an OCPP-J CSMS on the other, as a process, from its arguments to its exit code. Must not know
 * how a station is carried.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { parseArguments, USAGE } from "./arguments.ts";
import { Bridge } from "./bridge.ts";
import { readCredentials } from "./credentials.ts";
import { NotUsable } from "./directory.ts";

/** ms between two lines that say how things stand. */
const TOLD_EVERY_MS = 10_000;

const line = (facts: Record<string, unknown>) =>
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...facts })}\n`);

async function run(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.error}\n\n${USAGE}`);
    return 2;
  }
  if (parsed.value === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  const options = parsed.value;
  let server: http.Server | null = null;
  try {
    const isTerminal = process.stdout.isTTY === true;
    const bridge = new Bridge(options, readCredentials(options), (level, message, facts) => {
      if (!isTerminal || level === "warn") line({ level, message, ...facts });
    });
    server = await serve(options.port, bridge);
    await bridge.start();
    const { port } = server.address() as AddressInfo;
    line({ level: "info", message: "ready", metrics: `http://127.0.0.1:${port}/metrics`, ...bridge.standing });
    const tell = () => {
      const { stations, linked, csms } = bridge.standing;
      const text = `${linked} of ${stations} stations linked, ${csms.open ?? 0} with a socket at the CSMS`;
      if (isTerminal) process.stdout.write(`\r${text}\u001b[K`);
      else line({ level: "info", message: text, ...bridge.counts.frames });
    };
    const telling = setInterval(tell, isTerminal ? 1_000 : TOLD_EVERY_MS);
    await new Promise((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
    });
    clearInterval(telling);
    await bridge.stop();
    server.close();
    line({ level: "info", message: "ended", ...bridge.counts.frames });
    return 0;
  } catch (error) {
    if (!(error instanceof NotUsable)) throw error;
    process.stderr.write(`${error.message}\n`);
    server?.close();
    return 1;
  }
}

/** On loopback alone: what it says is for who looks after this machine. */
async function serve(port: number, bridge: Bridge): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    if (request.url === "/metrics") {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(bridge.counts.text(bridge.standing));
    } else if (request.url === "/healthz") {
      response.writeHead(200, { "content-type": "application/json" }).end('{"status":"ok"}');
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new NotUsable(`--port ${port} cannot be had on 127.0.0.1: ${error.message}; choose another, or 0`)),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

process.exitCode = await run(process.argv.slice(2));
