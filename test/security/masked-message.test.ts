import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MASK, maskedFrame, maskedFrameText, maskedPayload } from "../../src/security/masked-message.ts";

const SECRET = "s3cr3t-VALUE";

/** Whole messages of all versions, in which each secret is `secret`. */
const MESSAGES: readonly [string, string, (secret: string) => unknown][] = [
  ["Authorize 1.6", "Authorize", (idTag) => ({ idTag })],
  ["idTagInfo", "", (parentIdTag) => ({ idTagInfo: { status: "Accepted", parentIdTag } })],
  ["Authorize 2.x", "Authorize", (idToken) => ({ idToken: { idToken, type: "ISO14443" } })],
  [
    "additionalInfo",
    "TransactionEvent",
    (secret) => ({
      idToken: { idToken: secret, type: "Central", additionalInfo: [{ additionalIdToken: secret, type: secret }] },
    }),
  ],
  [
    "groupIdToken",
    "",
    (idToken) => ({ idTokenInfo: { status: "Accepted", groupIdToken: { idToken, type: "Local" } } }),
  ],
  ["a local list", "SendLocalList", (idTag) => ({ listVersion: 1, localAuthorizationList: [{ idTag }] })],
  [
    "a password that a station quotes in refusing it",
    "",
    (secret) => ({
      setVariableResult: [
        {
          attributeStatus: "Rejected",
          component: { name: "SecurityCtrlr" },
          variable: { name: "BasicAuthPassword" },
          attributeStatusInfo: { reasonCode: "InvalidValue", additionalInfo: secret },
        },
      ],
    }),
  ],
  [
    "a group's token as a setting",
    "SetVariables",
    (attributeValue) => ({
      setVariableData: [{ attributeValue, component: { name: "AuthCtrlr" }, variable: { name: "MasterPassGroupId" } }],
    }),
  ],
  [
    "an event about a password",
    "NotifyEvent",
    (techInfo) => ({
      eventData: [
        {
          actualValue: techInfo,
          techInfo,
          component: { name: "SecurityCtrlr" },
          variable: { name: "BasicAuthPassword" },
        },
      ],
    }),
  ],
  ["a password", "SetNetworkProfile", (secret) => ({ connectionData: { basicAuthPassword: secret } })],
  [
    "an APN and a VPN",
    "SetNetworkProfile",
    (secret) => ({
      connectionData: {
        apn: { apn: "net", apnUserName: secret, apnPassword: secret, simPin: secret },
        vpn: { server: "vpn.example", user: secret, password: secret, key: secret, type: "IPSec" },
      },
    }),
  ],
  ["AuthorizationKey", "ChangeConfiguration", (value) => ({ key: "AuthorizationKey", value })],
  ["a vendor's own", "ChangeConfiguration", (value) => ({ key: "Wifi-Password", value })],
  ["a configuration", "", (value) => ({ configurationKey: [{ key: "AuthorizationKey", readonly: false, value }] })],
  [
    "BasicAuthPassword",
    "SetVariables",
    (attributeValue) => ({
      setVariableData: [
        { attributeValue, component: { name: "SecurityCtrlr" }, variable: { name: "BasicAuthPassword" } },
      ],
    }),
  ],
  [
    "a report",
    "NotifyReport",
    (value) => ({
      reportData: [
        {
          component: { name: "SecurityCtrlr" },
          variable: { name: "BasicAuthPassword" },
          variableAttribute: [{ type: "Actual", value }],
        },
      ],
    }),
  ],
  [
    "an event",
    "NotifyEvent",
    (actualValue) => ({ eventData: [{ actualValue, variable: { name: "SharedSecret" }, component: { name: "Web" } }] }),
  ],
  ["DataTransfer's text", "DataTransfer", (data) => ({ vendorId: "v", data })],
  [
    "DataTransfer's object",
    "DataTransfer",
    (secret) => ({ vendorId: "v", data: { any: [secret, { thing: secret }] } }),
  ],
  ["a customer's data", "NotifyCustomerInformation", (data) => ({ data, seqNo: 0, requestId: 1 })],
  ["a customer", "CustomerInformation", (customerIdentifier) => ({ customerIdentifier })],
  ["an upload", "GetLog", (secret) => ({ log: { remoteLocation: `ftp://user:${secret}@files.example/up` } })],
  [
    "a private key",
    "",
    (secret) => ({ chain: `-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----` }),
  ],
  ["a text in a payload's place", "Authorize", (secret) => secret],
  ["what could not be read", "StopTransaction", (secret) => ({ unreadable: `{"idTag":"${secret}` })],
  ["what was received", "", (secret) => ({ error: { details: { received: `[3,"${secret}` } } })],
  ["names as vendors write them", "Authorize", (secret) => ({ ID_TAG: secret, "parent-id-tag": secret })],
  ["no text at all", "Authorize", (secret) => ({ idTag: { nested: [secret] }, password: [secret] })],
];

/** All texts of a value, names included. */
const textOf = (value: unknown): string => JSON.stringify(value) ?? "";

describe("A masked message", () => {
  test.each(MESSAGES)("shows nothing of the secret in %s, and all that is around it", (_, action, message) => {
    const masked = maskedPayload(message(SECRET), action);
    expect(textOf(masked)).not.toContain(SECRET);
    expect(textOf(masked)).toContain(MASK);
    // The shape is the message's own: an operator sees that it is there.
    if (typeof masked === "object") expect(Object.keys(masked as object)).toEqual(Object.keys(message("") as object));
  });

  test("holds no secret, whatever it is and wherever it is put", () => {
    const secrets = fc
      .string({ minLength: 6, unit: "grapheme" })
      .filter((text) => !MASK.includes(text) && !/^\W*$/.test(text));
    const around = fc.constantFrom(
      (inner: unknown) => inner,
      (inner: unknown) => ({ customData: { vendorId: "v", more: inner } }),
      (inner: unknown) => ({ list: [{ a: 1 }, inner] }),
      (inner: unknown) => ({ key: ["a"], inner }),
      (inner: unknown) => ({ type: "Central", deep: { deeper: [[inner]] } }),
    );
    fc.assert(
      fc.property(
        secrets,
        fc.constantFrom(...MESSAGES),
        fc.array(around, { maxLength: 4 }),
        (bare, message, layers) => {
          // So that it is nowhere by chance, and no text breaks it.
          const secret = `§${bare.replaceAll(/["\\@\s]/g, "x")}§`;
          const payload = layers.reduce((inner, wrap) => wrap(inner), { wrapped: message[2](secret) } as unknown);
          const whole = typeof message[2]("") === "string" ? message[2](secret) : payload;
          for (const frame of [
            [2, "id", message[1], whole],
            [3, "id", whole],
            [4, "id", "GenericError", "", whole],
            [6, "id", message[1], whole],
          ]) {
            expect(textOf(maskedFrame(frame))).not.toContain(secret);
            expect(maskedFrameText(textOf(frame), frame)).toBe(textOf(maskedFrame(frame)));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test("is as it was where there is nothing to hide", () => {
    const plain = [
      [2, "1", "Heartbeat", {}],
      [3, "1", { currentTime: "2026-11-28T12:00:00Z" }],
      [2, "2", "StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Available" }],
      [2, "3", "MeterValues", { connectorId: 1, meterValue: [{ timestamp: "t", sampledValue: [{ value: "12" }] }] }],
      [2, "4", "ChangeConfiguration", { key: "HeartbeatInterval", value: "60" }],
      [2, "5", "SetVariables", { setVariableData: [{ attributeValue: "1", variable: { name: "Interval" } }] }],
      [2, "6", "CertificateSigned", { certificateChain: "-----BEGIN CERTIFICATE-----\nMIIB" }],
      [2, "7", "GetConfiguration", { key: ["AuthorizationKey"] }],
      [4, "8", "NotImplemented", "no such action", {}],
      [6, "9", "NotifyPeriodicEventStream", { id: 1, pending: 0, basetime: "t", data: [{ t: 0, v: "230" }] }],
      [2, "10", "UpdateFirmware", { location: "https://files.example/a.bin", retrieveDate: "t" }],
    ];
    for (const frame of plain) {
      expect(maskedFrame(frame)).toEqual(frame);
      expect(JSON.parse(maskedFrameText(JSON.stringify(frame, null, 1), frame))).toEqual(frame);
    }
    expect(maskedFrame([2, "1", "Authorize", { idToken: { idToken: "A", type: "ISO14443" } }])).toEqual([
      2,
      "1",
      "Authorize",
      { idToken: { idToken: MASK, type: "ISO14443" } },
    ]);
  });

  test("is looked for field by field wherever its text may hide something, however it is written", () => {
    const names = fc.constantFrom(
      "idTag",
      "Parent_ID_Tag",
      "id-token",
      "PASSWORD",
      "basicAuthPass.word",
      "simPin",
      "pin",
      "eMAID",
      "data",
      "exiRequest",
      "received",
      "other",
      "apnUserName",
      "privateKey",
      "unreadable",
      "vpn",
      "key",
      "value",
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.constantFrom(null, true, "https://u:p@host/", "-----BEGIN PRIVATE KEY-----"),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(names, tie("any"), { maxKeys: 4 }),
      ),
    })).any;
    const frame = fc
      .tuple(
        fc.constantFrom<unknown>(2, 3, 4, 5, 6, 7),
        fc.array(fc.oneof(fc.string(), value, fc.dictionary(names, value, { maxKeys: 4 })), { maxLength: 5 }),
      )
      .map(([type, rest]) => [type, ...rest]);
    fc.assert(
      fc.property(frame, (given) => {
        expect(JSON.parse(maskedFrameText(JSON.stringify(given), given))).toEqual(
          JSON.parse(textOf(maskedFrame(given))),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  test("is nothing at all of what is no message", () => {
    for (const odd of ["text", 7, null, { idTag: "A" }, [], ["2"], [9, "a", { idTag: "A" }], [2.5]]) {
      expect(maskedFrame(odd)).toBe(MASK);
    }
    expect(maskedFrame([2, "1", "Authorize", "TAG"])).toEqual([2, "1", "Authorize", MASK]);
    expect(maskedFrame([2, "Authorize", { idTag: "A" }])).toEqual([2, "Authorize", { idTag: MASK }]);
    expect(maskedFrame([3, "1", 7, "more"])).toEqual([3, "1", MASK, MASK]);
  });

  test("is of one that is nested beyond measure no deeper than it may be", () => {
    let deep: unknown = { idTag: SECRET };
    for (let level = 0; level < 5_000; level++) deep = [deep];
    expect(textOf(maskedPayload(deep))).not.toContain(SECRET);
  });

  test("changes nothing of what it was made from", () => {
    const payload = { idTag: SECRET, __proto__: { a: 1 } };
    maskedPayload(payload);
    expect(payload.idTag).toBe(SECRET);
  });
});
