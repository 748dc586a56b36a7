import { serialize } from "node:v8";
import { expect, test } from "vitest";
import { observe } from "../../src/ocpp/station-status.ts";
import { openSession } from "../../src/ocpp/session.ts";
import { rememberAnswer } from "../../src/ocpp/last-answered.ts";
import {
  ATTACHMENT_VERSION,
  attachmentOf,
  type VersionedAttachment,
} from "../../src/station/connection/attachment-format.ts";
import { addTo, seriesOf } from "../../src/fleet/metrics/families.ts";
import { carried, toCarry } from "../../src/station/storage/carried-acknowledgements.ts";
import { KeptFrames } from "../../src/station/tail/kept-frames.ts";
import type { Cursors } from "../../src/delivery/outbox.ts";

/** The platform's bounds, in bytes. */
const ATTACHMENT_MAX = 16_384;
const ROW_MAX = 2_000_000;
const LONGEST = "€".repeat(490_000);
const SEQUENCE = 9_007_199_254_740_991;
/** ms since the epoch of the last time there is. */
const LAST_TIME = 8_640_000_000_000_000;

type Full<T> = T extends object ? { [Key in keyof T]-?: Full<T[Key]> } : T;

/** Ten webhooks of the longest names and the queue, each with all that a cursor may say. */
const cursors: Cursors = Object.fromEntries(
  Array.from({ length: 11 }, (_, index) => [
    `${"n".repeat(62)}${index + 10}@${SEQUENCE}`,
    {
      acknowledged: SEQUENCE,
      failures: SEQUENCE,
      retryAt: SEQUENCE,
      deadFrom: SEQUENCE,
      replayedAt: SEQUENCE,
      deadTo: SEQUENCE,
      lost: SEQUENCE,
      thinnedTo: SEQUENCE,
      kept: SEQUENCE,
      passedBytes: SEQUENCE,
      batchMax: SEQUENCE,
      suspectTo: SEQUENCE,
      suspects: SEQUENCE,
      refusals: SEQUENCE,
      proof: SEQUENCE,
      proven: SEQUENCE,
    },
  ]),
);

test("The largest attachment of a socket fits, with ten webhooks and the longest answer that is kept", () => {
  const call = { type: "call" as const, messageId: "€".repeat(36), action: "DataTransfer", payload: {} };
  const lastAnswered = rememberAnswer(call, "€".repeat(2_000), SEQUENCE);
  expect(lastAnswered).not.toBeNull();
  expect(rememberAnswer(call, "€".repeat(2_001), SEQUENCE)).toBeNull();
  const kept = KeptFrames.begin("0123abcd");
  for (let i = 0; i < 20; i++) kept.frame("in", LAST_TIME, "€".repeat(990));
  const sums: Record<string, number> = {};
  for (let index = 0; index < 1_000; index++) addTo(sums, seriesOf("r", `r${index}`, "1"), SEQUENCE / 2);
  // All that there may be: a new field does not compile before it is here.
  const attachment: Full<VersionedAttachment> = {
    version: ATTACHMENT_VERSION,
    connection: {
      id: crypto.randomUUID(),
      protocol: "ocpp2.0.1",
      securityProfile: 3,
      since: LAST_TIME,
      remoteAddress: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
      certificate: {
        ...{ fingerprint: "f".repeat(128), twin: "f".repeat(64), notAfter: LAST_TIME },
        ...{ issuerKeyId: "f".repeat(128), serialNumber: "f".repeat(40) },
      },
      admissionRevision: SEQUENCE,
      heartbeats: SEQUENCE,
    },
    session: {
      ...openSession("ocpp2.0.1", "lenient", "Accepted"),
      openCall: { messageId: crypto.randomUUID(), deadline: SEQUENCE, timeoutMs: SEQUENCE, probe: true },
      invited: Array.from({ length: 16 }, (_, index) => `${"SignChargingStationCertificateAndMore".repeat(2)}${index}`),
      lastAnswered: lastAnswered && { at: SEQUENCE, ...lastAnswered },
    },
    lastMessageAt: SEQUENCE,
    presenceCheckedAt: SEQUENCE,
    unwatched: true,
    acknowledged: toCarry(cursors, cursors, 32) ?? {},
    asks: true,
    watch: kept.text,
    counts: { since: LAST_TIME, in: SEQUENCE, out: SEQUENCE, sums },
    rate: { tokens: SEQUENCE, characters: -SEQUENCE, at: SEQUENCE, refused: SEQUENCE },
  };
  const { version: _, ...read } = attachment;
  expect(attachmentOf(attachment)).toEqual({ ok: true, value: read });
  expect(Object.keys(carried(cursors, attachment.acknowledged))).toHaveLength(11);
  expect(serialize(attachment).length).toBeLessThan(ATTACHMENT_MAX);
  expect(serialize({ ...attachment, counts: null, watch: "" }).length).toBeLessThan(7_500);
  expect(serialize(attachment.counts).length).toBeLessThan(1_600);
  // What is watched of the longest frames is up to 3,500 characters of two bytes, and its head.
  expect(7_500 + 1_600 + 2 * 3_600).toBeLessThan(ATTACHMENT_MAX);
});

test("The row of the deliveries stays small, whatever a station says of itself and of its connectors", () => {
  let status = observe(
    { boot: null, connectors: [] },
    "ocpp2.0.1",
    "BootNotification",
    {
      reason: LONGEST,
      chargingStation: { model: LONGEST, vendorName: LONGEST, serialNumber: LONGEST, firmwareVersion: LONGEST },
    },
    { payload: { status: "Accepted", interval: 300 } },
    0,
  );
  for (let evseId = 1; evseId <= 200; evseId++) {
    const payload = { evseId, connectorId: 1, connectorStatus: LONGEST, errorCode: LONGEST, timestamp: LONGEST };
    status = observe(status, "ocpp2.0.1", "StatusNotification", payload, { payload: {} }, 0);
  }
  expect(status.connectors).toHaveLength(128);
  const row = JSON.stringify({ cursors, status, statusSequence: SEQUENCE, bytes: SEQUENCE });
  expect(new TextEncoder().encode(row).length).toBeLessThan(ROW_MAX / 5);
});
