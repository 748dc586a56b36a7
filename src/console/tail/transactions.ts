/**
 * Which transactions run, as the messages of a station's log tell. Must not know more than they do: what began before them and said
 * nothing since is not among them.
 */
import type { Row } from "./row.ts";

export interface Transaction {
  transactionId: string;
  /** Of 1.6 the connector's, of 2.x the EVSE's; `null`: it was not told. */
  place: number | null;
  /** `null`: it began before what is known. */
  since: string | null;
  chargingState: string | null;
  /** Wh that it took so far. */
  energyWh: number | null;
  powerW: number | null;
}

/** More at once no station has; beyond it the oldest is forgotten. */
const RUNNING_MAX = 64;

type Data = Readonly<Record<string, unknown>>;

interface Kept extends Transaction {
  /** Wh on the meter when it began. */
  meterStart: number | null;
}

export class Transactions {
  readonly #running = new Map<string, Kept>();
  #told: readonly Transaction[] | null = null;

  /** Rows as they are settled, the oldest first. */
  see({ kind, direction, action, state, text, answer }: Row): void {
    if (kind !== "call" || direction !== "in" || state !== "answered") return;
    if (!["StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"].includes(action)) return;
    this.#told = null;
    const [payload, answered] = [dataOf(text), dataOf(answer?.text ?? "")];
    if (action === "StartTransaction") this.#start(payload, answered);
    else if (action === "StopTransaction") this.#running.delete(String(payload.transactionId));
    else if (action === "MeterValues") this.#measure(payload);
    else this.#event(payload);
  }

  /** The same list until there is something new. */
  running(): readonly Transaction[] {
    this.#told ??= [...this.#running.values()];
    return this.#told;
  }

  #start({ connectorId, timestamp, meterStart }: Data, { transactionId, idTagInfo }: Data): void {
    if (typeof transactionId !== "number" || (idTagInfo as Data | undefined)?.status !== "Accepted") return;
    const place = numberOf(connectorId);
    // A connector has one; its last one's end was not seen.
    for (const [id, other] of this.#running) if (other.place === place) this.#running.delete(id);
    this.#keep({ ...blank(String(transactionId), place), since: textOf(timestamp), meterStart: numberOf(meterStart) });
  }

  #measure({ connectorId, transactionId, meterValue }: Data): void {
    if (transactionId === undefined || transactionId === null) return;
    const id = String(transactionId);
    this.#keep(measured(this.#running.get(id) ?? blank(id, numberOf(connectorId)), meterValue));
  }

  #event({ eventType, timestamp, transactionInfo, evse, meterValue }: Data): void {
    const { transactionId, chargingState } = (transactionInfo ?? {}) as Data;
    if (typeof transactionId !== "string") return;
    if (eventType === "Ended") {
      this.#running.delete(transactionId);
      return;
    }
    const known = this.#running.get(transactionId) ?? blank(transactionId, null);
    this.#keep(
      measured(
        {
          ...known,
          place: numberOf((evse as Data | undefined)?.id) ?? known.place,
          since: eventType === "Started" ? textOf(timestamp) : known.since,
          chargingState: textOf(chargingState) ?? known.chargingState,
        },
        meterValue,
      ),
    );
  }

  #keep(transaction: Kept): void {
    this.#running.set(transaction.transactionId, transaction);
    if (this.#running.size <= RUNNING_MAX) return;
    for (const id of this.#running.keys()) {
      this.#running.delete(id);
      return;
    }
  }
}

const blank = (transactionId: string, place: number | null): Kept => ({
  ...{ transactionId, place, since: null, chargingState: null, energyWh: null, powerW: null, meterStart: null },
});

/** [OCPP 1.6 §7.31, 2.x MeasurandEnumType] Without a phase it is the sum of them. */
function measured(transaction: Kept, meterValue: unknown): Kept {
  let { energyWh, powerW, meterStart } = transaction;
  for (const { sampledValue } of list(meterValue)) {
    for (const { measurand = "Energy.Active.Import.Register", value, unit, unitOfMeasure, phase } of list(
      sampledValue,
    )) {
      const { unit: newer, multiplier = 0 } = (unitOfMeasure ?? {}) as { unit?: unknown; multiplier?: number };
      const read = numberOf(value);
      if (read === null || phase !== undefined) continue;
      const scaled = read * 10 ** multiplier * (/^k/.test(String(unit ?? newer ?? "")) ? 1_000 : 1);
      if (measurand === "Power.Active.Import") powerW = scaled;
      if (measurand !== "Energy.Active.Import.Register") continue;
      meterStart ??= scaled;
      energyWh = scaled - meterStart;
    }
  }
  return { ...transaction, energyWh, powerW, meterStart };
}

const list = (value: unknown): Data[] =>
  Array.isArray(value) ? value.filter((each): each is Data => typeof each === "object" && each !== null) : [];

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

function numberOf(value: unknown): number | null {
  const read =
    typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
  return Number.isFinite(read) ? read : null;
}

function dataOf(text: string): Data {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Data) : {};
  } catch {
    return {};
  }
}
