import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { curlOf } from "../../src/console/command-form/curl.ts";
import { type FormSchema, itemOf, limitsOf, membersOf, rootField } from "../../src/console/command-form/field.ts";
import { checkForm } from "../../src/console/command-form/form-check.ts";
import { keepSent, lastSent } from "../../src/console/command-form/last-sent.ts";
import { localInput, sentTime } from "../../src/console/command-form/local-time.ts";
import { startingPayload } from "../../src/console/command-form/starting-payload.ts";
import { readJson } from "../../src/console/json/json-text.ts";
import { at, EMPTY, type Json, put, treeOf, plainOf, writeJson } from "../../src/console/json/json-tree.ts";
import { csmsActions } from "../../src/ocpp/actions.ts";
import { PROTOCOLS } from "../../src/ocpp/protocol.ts";
import { validate } from "../../src/ocpp/schemas/validate.ts";

const ASSETS = join(import.meta.dirname, "../../dist/assets/schemas");
const schemaOf = (protocol: string, action: string): FormSchema =>
  JSON.parse(readFileSync(join(ASSETS, protocol, `${action}.json`), "utf8"));
const json = (text: string): Json => {
  const read = readJson(text);
  if (!read.ok) throw new Error(read.fault.message);
  return read.json;
};
const fault = (text: string) => {
  const read = readJson(text);
  return read.ok ? null : read.fault;
};

describe("A JSON text", () => {
  test("passes through the tree as it was written, each digit of a number with it", () => {
    const text = '{"a":9007199254740993,"b":[1.10,-0,1E400,true,null],"c":{"é\\n":"\\u0041"},"d":{},"e":[]}';
    expect(writeJson(json(text), 0)).toBe(text.replace("\\u0041", "A"));
    expect(writeJson(json('{"a":[1,{"b":2}]}'))).toBe(JSON.stringify({ a: [1, { b: 2 }] }, null, 2));
  });

  test("that is none is named with its line and column", () => {
    expect(fault('{\n  "a": 1,\n  "b": x\n}')).toEqual({ line: 3, column: 8, message: '"x" is no value' });
    expect(fault('{"a": 1\n')).toMatchObject({ line: 2, message: "ends too early" });
    expect(fault('{"a": 1,\n"a": 2}')).toEqual({ line: 2, column: 1, message: '"a" is there twice' });
    expect(fault('{"a": 01}')).toMatchObject({ line: 1, message: '"1" makes no number' });
    expect(fault('["a\nb"]')).toMatchObject({ line: 1, message: "a text does not end on its line" });
    expect(fault("[1] 2")).toMatchObject({ column: 5, message: '"2" is behind the end of the JSON' });
    expect(fault(`${"[".repeat(100)}`)?.message).toContain("nested deeper");
    expect(fault("")).toMatchObject({ line: 1, column: 1 });
  });

  test("is read as JSON.parse reads it, and refused where that refuses it", () => {
    const texts = [
      '"\\q"',
      "{'a':1}",
      "[1,]",
      "tru",
      "nullx",
      "-",
      "1.",
      ".5",
      '{"__proto__":1}',
      '"\\u00zz"',
      "\t1 ",
      "[,1]",
    ];
    for (const text of texts) {
      let parsed: unknown;
      try {
        parsed = { value: JSON.parse(text) };
      } catch {
        parsed = null;
      }
      const read = readJson(text);
      expect([text, read.ok ? { value: plainOf(read.json) } : null]).toEqual([text, parsed]);
    }
  });

  test("is changed at a path alone, where what leads there is made", () => {
    const one = put(EMPTY, ["a", 0, "b"], { kind: "number", text: "1" });
    expect(writeJson(one as Json, 0)).toBe('{"a":[{"b":1}]}');
    expect(writeJson(put(one, ["a", 1], treeOf("x")) as Json, 0)).toBe('{"a":[{"b":1},"x"]}');
    expect(writeJson(put(json('{"a":[1,2,3],"z":0}'), ["a", 1], undefined) as Json, 0)).toBe('{"a":[1,3],"z":0}');
    expect(at(json('{"a":[{"b":1}]}'), ["a", 0, "b"])).toEqual({ kind: "number", text: "1" });
    expect(at(json("{}"), ["a", 0, "b"])).toBeUndefined();
  });
});

describe("The schemas that forms are drawn from", () => {
  test("are there for every command of every version, and each place in them has a field", () => {
    let [places, forms] = [0, 0];
    for (const protocol of PROTOCOLS) {
      expect(JSON.parse(readFileSync(join(ASSETS, protocol, "actions.json"), "utf8"))).toEqual(csmsActions(protocol));
      for (const action of csmsActions(protocol)) {
        forms++;
        const root = schemaOf(protocol, action);
        const walk = (field: ReturnType<typeof rootField>, depth: number): void => {
          places++;
          // What the schema says nothing of is rare: a type that is misread would be that too.
          if (field.kind === "anything") expect([action, field.name]).toEqual(["DataTransfer", "data"]);
          if (depth > 12) throw new Error(`${action} has no end`);
          for (const each of membersOf(field, root)) walk(each, depth + 1);
          if (field.kind === "list") walk(itemOf(field, root, 0), depth + 1);
        };
        walk(rootField(root), 0);
      }
    }
    expect(forms).toBe(PROTOCOLS.reduce((sum, protocol) => sum + csmsActions(protocol).length, 0));
    expect(places).toBeGreaterThan(1_000);
  });

  test("say a field's limits, and what it is about, without the numbers of OCA's model", () => {
    const root = schemaOf("ocpp2.0.1", "SetChargingProfile");
    const [evseId, profile, customData] = membersOf(rootField(root), root);
    expect([evseId?.name, evseId?.required, evseId && limitsOf(evseId)]).toEqual(["evseId", true, "a whole number"]);
    expect(customData?.name).toBe("customData");
    const inside = membersOf(profile as never, root);
    const schedule = inside.find(({ name }) => name === "chargingSchedule");
    expect([schedule?.required, schedule && limitsOf(schedule)]).toEqual([true, "1 to 3"]);
    expect(inside.find(({ name }) => name === "stackLevel")?.about).toMatch(/^Value determining level/);
    expect(inside.find(({ name }) => name === "chargingProfilePurpose")).toMatchObject({ kind: "choice" });
    expect(inside.find(({ name }) => name === "validFrom")).toMatchObject({ kind: "time", required: false });
    expect(JSON.stringify(root)).not.toContain("urn:x-");
  });
});

describe("A form's own check", () => {
  const PROFILE = {
    connectorId: 1,
    csChargingProfiles: {
      ...{ chargingProfileId: 1, stackLevel: 0, chargingProfilePurpose: "TxProfile", chargingProfileKind: "Absolute" },
      chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.1 }] },
    },
  };
  const cases: [protocol: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1", action: string, payload: unknown][] = [
    ["ocpp1.6", "Reset", { type: "Soft" }],
    ["ocpp1.6", "Reset", { type: "soft" }],
    ["ocpp1.6", "Reset", {}],
    ["ocpp1.6", "Reset", { type: "Soft", more: 1 }],
    ["ocpp1.6", "RemoteStartTransaction", { idTag: "x".repeat(21) }],
    ["ocpp1.6", "RemoteStartTransaction", { idTag: 7, connectorId: 1.5 }],
    ["ocpp1.6", "RemoteStartTransaction", { idTag: "🚗".repeat(20) }],
    ["ocpp1.6", "ReserveNow", { connectorId: 1, expiryDate: "2026-11-28", idTag: "A", reservationId: 1 }],
    ["ocpp1.6", "ReserveNow", { connectorId: 1, expiryDate: "2026-11-28T18:00:00Z", idTag: "A", reservationId: 1 }],
    ["ocpp1.6", "SetChargingProfile", PROFILE],
    [
      "ocpp1.6",
      "SetChargingProfile",
      {
        ...PROFILE,
        csChargingProfiles: {
          ...PROFILE.csChargingProfiles,
          chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.15 }] },
        },
      },
    ],
    ["ocpp2.0.1", "GetVariables", { getVariableData: [] }],
    ["ocpp2.0.1", "GetVariables", { getVariableData: [{ component: { name: "A" }, variable: {} }] }],
    [
      "ocpp2.0.1",
      "GetVariables",
      {
        getVariableData: [{ component: { name: "A" }, variable: { name: "B" } }],
        customData: { vendorId: "x", other: [1] },
      },
    ],
    ["ocpp2.0.1", "GetBaseReport", { requestId: "1", reportBase: "FullInventory" }],
    ["ocpp2.1", "DataTransfer", { vendorId: "V", data: { any: [1, null] } }],
    ["ocpp2.1", "GetBaseReport", { requestId: -1, reportBase: "FullInventory" }],
  ];

  test.each(cases)("%s %s: finds the same places as the edge's (%#)", (protocol, action, payload) => {
    const own = checkForm(schemaOf(protocol, action), treeOf(payload)).map(({ path }) => path);
    const edge = validate(protocol, action, "request", payload, 20).map(({ path }) => path);
    expect([...new Set(own)].sort()).toEqual([...new Set(edge)].sort());
  });

  test("names a number that would be changed on its way, which is not sent", () => {
    const schema = schemaOf("ocpp2.0.1", "GetBaseReport");
    const payload = json('{"requestId": 9007199254740993, "reportBase": "FullInventory"}');
    expect(checkForm(schema, payload)).toEqual([{ path: "/requestId", message: expect.stringContaining("no double") }]);
    const open = json('{"vendorId":"V","data":{"n":[1e400]}}');
    expect(checkForm(schemaOf("ocpp2.1", "DataTransfer"), open).map(({ path }) => path)).toEqual(["/data/n/0"]);
  });
});

test("A form opens with what the action needs at least: objects, as many of a list, the only value there is", () => {
  expect(writeJson(startingPayload(schemaOf("ocpp1.6", "Reset")), 0)).toBe("{}");
  expect(writeJson(startingPayload(schemaOf("ocpp2.0.1", "GetVariables")), 0)).toBe(
    '{"getVariableData":[{"component":{},"variable":{}}]}',
  );
  for (const protocol of PROTOCOLS)
    for (const action of csmsActions(protocol)) startingPayload(schemaOf(protocol, action));
});

test("What was sent last is kept for the next form, and no secret of it", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => void kept.set(name, text),
  };
  keepSent(storage, "ocpp1.6", "RemoteStartTransaction", { idTag: "04A1B2C3", connectorId: 2 });
  keepSent(storage, "ocpp1.6", "ChangeConfiguration", { key: "AuthorizationKey", value: "hunter2hunter2hunter2" });
  keepSent(storage, "ocpp1.6", "GetDiagnostics", { location: "ftp://user:pa55word@host/dir", retries: 1 });
  keepSent(storage, "ocpp2.0.1", "SetVariables", {
    setVariableData: [
      { component: { name: "SecurityCtrlr" }, variable: { name: "BasicAuthPassword" }, attributeValue: "hunter2" },
    ],
  });
  keepSent(storage, "ocpp1.6", "SendLocalList", {
    listVersion: 1,
    localAuthorizationList: Array(2_000).fill({ a: "0123456789" }),
  });
  expect(plainOf(lastSent(storage, "ocpp1.6", "RemoteStartTransaction") as Json)).toEqual({ connectorId: 2 });
  expect(plainOf(lastSent(storage, "ocpp1.6", "ChangeConfiguration") as Json)).toEqual({ key: "AuthorizationKey" });
  const texts = [...kept].join("\n");
  for (const secret of ["04A1B2C3", "hunter2", "pa55word", "•"]) expect(texts).not.toContain(secret);
  expect(lastSent(storage, "ocpp1.6", "SendLocalList")).toBeNull();
  expect(lastSent(storage, "ocpp1.6", "Reset")).toBeNull();
  const closed = {
    getItem: () => {
      throw new Error("closed");
    },
    setItem: () => {
      throw new Error("closed");
    },
  };
  keepSent(closed, "ocpp1.6", "Reset", {});
  expect(lastSent(closed, "ocpp1.6", "Reset")).toBeNull();
});

test("A time is read in the reader's zone and sent in UTC, to the second", () => {
  const sent = "2026-07-01T12:30:15Z";
  expect(sentTime(localInput(sent))).toBe(sent);
  expect(localInput("2026-07-01T14:30:15+02:00")).toBe(localInput(sent));
  expect([sentTime(""), sentTime("soon"), localInput("soon")]).toEqual([null, null, ""]);
});

test("As `curl` a command names the key and is one word to the shell, whatever is in it", () => {
  const payload = { vendorId: "it's $HOME `x` \\" };
  const text = curlOf("http://localhost:8080", "CS 1@x", {
    ...{ action: "DataTransfer", payload: treeOf(payload), expiresInSeconds: 60 },
  });
  // As a real shell takes it.
  const script = `curl() { for each in "$@"; do printf '%s\\0' "$each"; done; }; KERBSIDE_KEY=secret; ${text}`;
  const words = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0");
  expect(words.slice(0, 3)).toEqual(["-X", "POST", "http://localhost:8080/v1/stations/CS%201%40x/commands"]);
  expect(words).toContain("Authorization: Bearer secret");
  expect(text).not.toContain("secret");
  expect(JSON.parse(words[words.indexOf("-d") + 1] ?? "")).toEqual({
    ...{ action: "DataTransfer", payload, expiresInSeconds: 60 },
  });
});
