/**
 * The bare TLS server under measurement, in a process of its own and in JavaScript that every Node since 18 runs: answers each
 * connection with what it was sent, and tells its memory when asked. Must not know who connects, nor what is concluded.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createServer } from "node:tls";

/** Finalizers of one collection free what only the next one can collect. */
const COLLECTIONS = 4;

const options = JSON.parse(process.argv[2]);
const server = createServer({
  key: readFileSync(options.key),
  cert: readFileSync(options.cert),
  ca: readFileSync(options.ca),
  requestCert: options.mtls,
  rejectUnauthorized: options.mtls,
  minVersion: options.version,
  maxVersion: options.version,
});

/** What the application asks of the peer on each connection; the matrix asks nothing. */
const asks = {
  nothing: () => {},
  certificate: (socket) => socket.getPeerCertificate(),
  chain: (socket) => socket.getPeerCertificate(true),
  x509: (socket) => socket.getPeerX509Certificate(),
  own: (socket) => socket.getCertificate(),
}[options.ask];

server.on("secureConnection", (socket) => {
  socket.on("error", () => {});
  asks(socket);
  socket.on("data", (bytes) => socket.end(bytes));
});
server.listen(0, "127.0.0.1", () => say({ port: server.address().port, node: process.versions.node }));

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** KB by name, from the kernel's own count; RSS alone would count shared pages of the binary too. */
function kernelKb(file, name) {
  try {
    const line = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(file, "utf8"));
    return line === null ? undefined : Number(line[1]);
  } catch {
    return undefined;
  }
}

async function measure() {
  for (let count = 0; count < COLLECTIONS; count++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    rssKb: rss / 1_024,
    pssKb: kernelKb("/proc/self/smaps_rollup", "Pss"),
    heapKb: heapUsed / 1_024,
    externalKb: external / 1_024,
  };
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  if (line === "measure") say(await measure());
  else if (line === "end") process.exit(0);
});
// The runner died: without it this server would stay for ever.
process.stdin.on("end", () => process.exit(0));
