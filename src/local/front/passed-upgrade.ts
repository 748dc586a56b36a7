/**
 * One upgrade on its way to workerd: the tunnel that it becomes, or the answer that it is refused with. Must not know whose turn it
 * is, nor what is said of the client.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { problemOf, problemOfRuntime, refuse } from "./front-problem.ts";
import { guarded } from "./guarded.ts";
import { answeredHeaders, isOfWorker } from "./passed-on-headers.ts";
import type { PendingConnections } from "./pending-connections.ts";
import { headText } from "./station-socket.ts";
import { lingerThenDestroy, tunnel } from "./tunnel.ts";
import type { UpgradeGate } from "./upgrade-gate.ts";

/** An upgrade that workerd does not decide in this time is given up. */
const UPGRADE_MAX_MS = 30_000;

export interface PassedUpgrade {
  station: Socket;
  /** What came behind its head. */
  head: Buffer;
  /** Of the workerd that it is passed on to. */
  gate: UpgradeGate;
  pending: PendingConnections;
  /** Called once it is a tunnel, or refused. */
  decided: () => void;
}

export function passUpgrade(ask: ClientRequest, { station, head, gate, pending, decided }: PassedUpgrade): void {
  const late = setTimeout(() => ask.destroy(new Error("the upgrade was not decided in time")), UPGRADE_MAX_MS);
  const abandon = () => ask.destroy();
  station.once("close", abandon);
  const itsOwn = <A extends unknown[]>(listener: (...args: A) => unknown) => guarded(() => station, listener);
  const opened = (answer: IncomingMessage, upstream: Socket, upstreamHead: Buffer) => {
    station.off("close", abandon);
    pending.upgraded(station);
    gate.opened();
    upstream.once("close", () => gate.closed());
    tunnel(station, upstream);
    station.write(headText(answer, answer.rawHeaders));
    if (upstreamHead.length > 0) station.write(upstreamHead);
    // Held back until now: had workerd refused, it would have read these bytes as a further, unfiltered request.
    if (head.length > 0) upstream.write(head);
  };
  const refused = (answer: IncomingMessage) => {
    if (!isOfWorker(answer)) {
      answer.resume();
      refuse(station, problemOfRuntime(answer.statusCode));
      return;
    }
    station.write(headText(answer, answeredHeaders(answer, ["close"])));
    answer.on("error", () => station.destroy());
    answer.pipe(station);
    station.resume();
    lingerThenDestroy(station);
  };
  ask.on("upgrade", itsOwn(opened));
  ask.on("response", itsOwn(refused));
  ask.on(
    "error",
    itsOwn((error: Error) => refuse(station, problemOf(error))),
  );
  ask.once("close", () => {
    clearTimeout(late);
    decided();
  });
  ask.end();
}
