import { expect, test } from "vitest";
import { EVENT_TYPES, eventId, toCloudEvent } from "../../src/delivery/event.ts";

const event = {
  sequence: 7,
  at: Date.UTC(2026, 10, 20, 12),
  type: "ocpp.call",
  data: { action: "Heartbeat" },
} as const;

test("An event becomes a CloudEvent whose source is the station's path, percent-encoded", () => {
  expect(toCloudEvent("RDAM 123|x", "life", event)).toEqual({
    specversion: "1.0",
    id: "life-7",
    source: "/stations/RDAM%20123%7Cx",
    subject: "RDAM 123|x",
    type: "ocpp.call",
    time: "2026-11-20T12:00:00.000Z",
    datacontenttype: "application/json",
    sequence: 7,
    data: { action: "Heartbeat" },
  });
});

test("An event's id is the same whenever it is made, and another for another sequence or another life", () => {
  const of = (incarnation: string, sequence: number) => toCloudEvent("A", incarnation, { ...event, sequence }).id;
  expect(of("one", 7)).toBe(of("one", 7));
  expect(new Set([of("one", 7), of("one", 8), of("two", 7)]).size).toBe(3);
});

test("An event's id holds no dot, by which Standard Webhooks tells the parts it signs apart", () => {
  expect(eventId(crypto.randomUUID(), 123_456)).toMatch(/^[^.\s]+$/);
});

test("The types of events are those of the contract", () => {
  expect([...EVENT_TYPES].sort()).toEqual([
    "ocpp.call",
    "ocpp.call.refused",
    "ocpp.command.completed",
    "ocpp.security",
    "ocpp.station.connected",
    "ocpp.station.disconnected",
  ]);
});
