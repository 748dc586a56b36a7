/**
 * A CSMS as a process of its own, at its own door, as most are: it writes down what it hears before it answers, gives commands, and
 * has moods. `node csms.ts PORT LEDGER SEED START COMMANDS-PER-SECOND`; a line on stdin ends the moods. Must not know who calls.
 */
import { createInterface } from "node:readline";
import { type WebSocket, WebSocketServer } from "ws";
import type { Payload } from "../ledger.ts";
import { Random } from "../random.ts";
import type { Version } from "../sessions.ts";
import { commandOf } from "./commands.ts";
import { CsmsLedger } from "./csms-ledger.ts";

/** What it does with a CALL. `breaks`: it takes it and drops the socket before it says so. */
const MOODS = { answers: 84, slow: 10, late: 1, refuses: 2, ignores: 1, breaks: 2 } as const;
const SLOW_MS = [50, 1_500] as const;
/** ms; beyond the time that Kerbside gives it. */
const LATE_MS = [3_100, 5_000] as const;
const HEARTBEAT_SECONDS = 20;
/** Commands of one start. */
const START_SIZE = 100_000;

const [port, path, seed, start, perSecond] = process.argv.slice(2) as [string, string, string, string, string];
const ledger = new CsmsLedger(path);
const random = Random.of(Number(seed), `csms-${start}`);
const sockets = new Map<string, { socket: WebSocket; name: string; calls: number }>();
let [isFair, opened, given, commands] = [false, 0, 0, 0];

const server = new WebSocketServer({
  port: Number(port),
  host: "127.0.0.1",
  handleProtocols: (offered) => [...offered][0] ?? false,
});
server.on("connection", (socket, request) => {
  const stationId = decodeURIComponent((request.url ?? "").split("/").at(-1) ?? "");
  const line = { socket, name: `${start}-${++opened}`, calls: 0 };
  sockets.set(stationId, line);
  socket.on("message", (data) => heard(stationId, line, JSON.parse(String(data))));
  socket.on("close", () => {
    if (sockets.get(stationId) === line) sockets.delete(stationId);
  });
  socket.on("error", () => {});
});
server.on("listening", () => process.stdout.write("ready\n"));
createInterface(process.stdin).on("line", () => {
  isFair = true;
});
setInterval(command, 1_000 / Number(perSecond));

function heard(stationId: string, { socket, name }: { socket: WebSocket; name: string }, frame: unknown[]): void {
  const [type, messageId, action, payload] = frame as [number, string, string, Payload];
  if (type === 3 || type === 4) {
    ledger.write({ kind: "answer", stationId, socket: name, messageId, frame });
    return;
  }
  if (type !== 2) return;
  if (action === "Heartbeat") {
    socket.send(JSON.stringify([3, messageId, { currentTime: new Date().toISOString() }]));
    return;
  }
  const mood = isFair ? "answers" : random.weighted(MOODS);
  const answer =
    mood === "refuses"
      ? [4, messageId, "InternalError", `the CSMS has its own troubles ${start}-${++given}`, {}]
      : [3, messageId, answerTo(action)];
  const isSaid = mood !== "ignores" && mood !== "breaks";
  ledger.write({ kind: "call", stationId, socket: name, messageId, action, payload, answer: isSaid ? answer : null });
  const say = () => socket.send(JSON.stringify(answer));
  if (mood === "breaks") setTimeout(() => socket.terminate(), random.between(...SLOW_MS));
  else if (mood === "slow") setTimeout(say, random.between(...SLOW_MS));
  else if (mood === "late") setTimeout(say, random.between(...LATE_MS));
  else if (isSaid) say();
}

/** Each answer is another one, so that none can pass for another's. */
function answerTo(action: string): Payload {
  const number = Number(start) * START_SIZE + ++given;
  const info = { status: "Accepted", parentIdTag: String(number) };
  if (action === "BootNotification") {
    return { status: "Accepted", interval: HEARTBEAT_SECONDS, currentTime: new Date().toISOString() };
  }
  if (action === "StartTransaction") return { idTagInfo: info, transactionId: number };
  if (action === "Authorize" || action === "StopTransaction") return { idTagInfo: info };
  if (action !== "TransactionEvent") return {};
  return { idTokenInfo: { status: "Accepted", groupIdToken: { idToken: String(number), type: "Central" } } };
}

function command(): void {
  if (sockets.size === 0 || isFair) return;
  const [stationId, line] = random.pick([...sockets]);
  const number = Number(start) * START_SIZE + ++commands;
  const made = commandOf(line.socket.protocol as Version, number, random);
  // [1.6] An id is to be unique on its connection; some count.
  const isCounted = line.socket.protocol === "ocpp1.6" && stationId.endsWith("0");
  const messageId = isCounted ? String(++line.calls) : crypto.randomUUID();
  ledger.write({ kind: "ask", stationId, socket: line.name, messageId, ...made });
  line.socket.send(JSON.stringify([2, messageId, made.action, made.payload]));
}
