/**
 * The lives of the stations that misbehave, each until the signal. Must not know how they are registered, nor who looks on.
 */
import { pause } from "../../programs/pause.ts";
import type { RegisteredStation } from "../station/charging-station.ts";
import { OddSocket } from "./odd-socket.ts";

export interface OddStation {
  station: RegisteredStation;
  identification: { vendor: string; model: string };
}
export type OddLife = (odd: OddStation, signal: AbortSignal) => Promise<void>;

/** ms between two tries of one that is refused: far below the attempts a minute that the broker takes. */
const KNOCK_MS = 20_000;
/** ms that the silent one talks, and that it stays dark once it was given up. */
const [TALKS_MS, DARK_MS] = [15_000, 45_000];
const BEAT_MS = 5_000;
/** ms that the one in a loop holds its line, and is off. */
const [HOLDS_MS, OFF_MS] = [3_000, 9_000];
const FAULTY_EVERY_MS = 7_000;
const RETRY_MS = 5_000;
const [GOING_AWAY, NORMAL] = [1001, 1000];
const BEAT = '[2,"beat","Heartbeat",{}]';

const FAULTY_FRAMES = [
  '{"not":"an array"}',
  '[2,"no-payload","Heartbeat"]',
  '[2,"no-such-action","OpenTheDoor",{}]',
  '[2,"wrong-type","StatusNotification",{"connectorId":"one","errorCode":"NoError","status":"Available"}]',
  '[2,"no-tag","StartTransaction",{"connectorId":1,"meterStart":0,"timestamp":"2026-11-01T08:00:00Z"}]',
  '[2,"no-such-status","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"<b>Melting</b>"}]',
  '[9,"no-such-type",{}]',
];

/** Refused each time: nobody knows it, or what it shows is not believed. */
export const knocks: OddLife = async ({ station }, signal) => {
  do {
    const socket = await OddSocket.open(station, signal);
    socket?.close(NORMAL);
  } while (await pause(KNOCK_MS, signal));
};

/** Boots, beats for a while, then says nothing more on a line that stays open. */
export const goesSilent: OddLife = async ({ station, identification }, signal) => {
  do {
    const socket = await OddSocket.open(station, signal);
    if (socket === null) continue;
    socket.boot(identification);
    for (let ms = 0; ms < TALKS_MS && (await pause(BEAT_MS, signal)); ms += BEAT_MS) socket.send(BEAT);
    socket.isAwake = false;
    await socket.closed;
  } while (await pause(DARK_MS, signal));
};

export const sendsMalformedFrames: OddLife = async ({ station, identification }, signal) => {
  do {
    const socket = await OddSocket.open(station, signal);
    if (socket === null) continue;
    socket.boot(identification);
    let isOpen = true;
    void socket.closed.then(() => {
      isOpen = false;
    });
    for (let next = 0; isOpen && (await pause(FAULTY_EVERY_MS, signal)); next++)
      socket.send(FAULTY_FRAMES[next % FAULTY_FRAMES.length] as string);
  } while (await pause(RETRY_MS, signal));
};

export const reconnectsForEver: OddLife = async ({ station, identification }, signal) => {
  do {
    const socket = await OddSocket.open(station, signal);
    socket?.boot(identification);
    await pause(HOLDS_MS, signal);
    socket?.close(NORMAL);
  } while (await pause(OFF_MS, signal));
};

/** Was there once. */
export const goesAway: OddLife = async ({ station, identification }, signal) => {
  const socket = await OddSocket.open(station, signal);
  socket?.boot(identification);
  await pause(HOLDS_MS, signal);
  socket?.close(GOING_AWAY);
  await socket?.closed;
};
