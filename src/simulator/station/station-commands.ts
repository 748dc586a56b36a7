/**
 * A station under command: the answer from what it is at the moment, then the deed. Must not know connections.
 */
import type { Call } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { CommandAnswer, Deed, StationView } from "./command.ts";
import { answerCommand } from "./command-answers.ts";
import type { Evse } from "./evse.ts";
import type { Identification } from "./station-messages.ts";

/** What a command may move in a station. */
export interface Commanded {
  readonly protocol: Protocol;
  readonly identification: Identification;
  readonly evse: Evse;
  heartbeatSeconds: number;
  beat(): Promise<void>;
  bootAgain(): Promise<void>;
  restart(): Promise<void>;
}

export function obey(station: Commanded, call: Call): { answer: CommandAnswer; after(): void } {
  const answer = answerCommand(station.protocol, call, viewOf(station));
  const deeds = "payload" in answer ? (answer.deeds ?? []) : [];
  return {
    answer,
    after: () => {
      for (const deed of deeds) void perform(station, deed);
    },
  };
}

function viewOf({ identification, heartbeatSeconds, evse }: Commanded): StationView {
  const { vendor, model, serialNumber } = identification;
  const { status, isOperative, transaction, meterIntervalMs } = evse;
  return {
    ...{ vendor, model, serialNumber, heartbeatSeconds, status, isOperative },
    meterIntervalSeconds: Math.round(meterIntervalMs / 1_000),
    transactionId: transaction?.transactionId ?? null,
  };
}

async function perform(station: Commanded, deed: Deed): Promise<void> {
  const { evse } = station;
  switch (deed.kind) {
    case "reset":
      await (deed.whenIdle ? evse.whenIdle() : evse.endSession("Reset"));
      return station.restart();
    case "trigger":
      return trigger(station, deed.action);
    case "availability":
      return evse.setOperative(deed.isOperative);
    case "startTransaction":
      return evse.isFree ? evse.begin(deed) : undefined;
    case "stopTransaction":
      return evse.endSession("Remote");
    case "configure":
      if (deed.setting === "heartbeatSeconds") station.heartbeatSeconds = deed.value;
      else evse.meterIntervalMs = Math.max(1, deed.value) * 1_000;
  }
}

function trigger(station: Commanded, action: (Deed & { kind: "trigger" })["action"]): Promise<void> | void {
  switch (action) {
    case "BootNotification":
      return station.bootAgain();
    case "Heartbeat":
      return station.beat();
    case "StatusNotification":
      return station.evse.show(station.evse.status, true);
    case "MeterValues":
    case "TransactionEvent":
      return station.evse.sampleNow();
  }
}
