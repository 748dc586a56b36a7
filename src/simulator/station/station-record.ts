/**
 * What a station notes of what it goes through. Must not know who reads it, nor that there are others.
 */
interface Durations {
  /** @param ms of one */
  add(ms: number): void;
}

interface Reasons {
  add(reason: string): void;
}

export interface StationRecord {
  /** From the first byte of the connection to the 101, TLS included. */
  readonly connects: Durations;
  /** From a CALL to its CALLRESULT. */
  readonly calls: Durations;
  readonly connectFailures: Reasons;
  readonly callFailures: Reasons;
  /** Connections that the other side ended. */
  readonly drops: Reasons;
  /** Commands of the CSMS, by action. */
  readonly commands: Reasons;
  /** CALLs under way when the simulator itself ended the connection: nobody's failure. */
  interrupted: number;
  boots: number;
  heartbeats: number;
  meterValues: number;
  sessions: number;
  sessionsRefused: number;
  energyWh: number;
}
