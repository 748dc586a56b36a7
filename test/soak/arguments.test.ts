import { expect, test } from "vitest";
import { parseArguments, type SoakOptions } from "./arguments.ts";

const optionsOf = (...args: string[]): SoakOptions => {
  const parsed = parseArguments(args, 0.5);
  if (!parsed.ok || parsed.value === "help") throw new Error(JSON.stringify(parsed));
  return parsed.value;
};
const complaintOf = (...args: string[]): string => {
  const parsed = parseArguments(args, 0.5);
  return parsed.ok ? "none" : parsed.error;
};
const CERTIFICATE = ["--client-cert", "package.json", "--client-key", "package.json"];
const TARGET = ["--target", "ws://127.0.0.1:9000/ocpp", "--pid", "1"];

test("Without options every cohort churns for half an hour under both kinds of names", () => {
  const { minutes, cohorts, names, floor, plant, target, limitKbPerThousand } = optionsOf();
  expect(optionsOf().csms).toBeNull();
  expect({ minutes, cohorts, names, floor, plant, target, limitKbPerThousand }).toEqual({
    ...{ minutes: 30, cohorts: ["plain", "tls", "mtls"], names: ["same", "fresh"] },
    ...{ floor: false, plant: null, target: null, limitKbPerThousand: 300 },
  });
});

test("A planted leak names its cohort and its bytes", () => {
  expect(optionsOf("--plant", "mtls:1024").plant).toEqual({ cohort: "mtls", bytes: 1_024 });
});

test("A CSMS behind bridges is for names that stay the same, and a leak may be planted in a bridge", () => {
  expect(optionsOf("--csms", "builtin")).toMatchObject({
    csms: "builtin",
    names: ["same"],
    cohorts: ["plain", "tls", "mtls"],
  });
  expect(optionsOf("--csms", "ws://127.0.0.1:9100/ocpp", "--plant", "bridge:1024").plant).toEqual({
    ...{ cohort: "bridge", bytes: 1_024 },
  });
});

test("A target is one cohort, by its scheme and by whether a certificate is shown", () => {
  expect(optionsOf(...TARGET).cohorts).toEqual(["plain"]);
  const tls = ["--target", "wss://localhost:9000/ocpp", "--pid", "1", "--pid", "2"];
  expect(optionsOf(...tls)).toMatchObject({ cohorts: ["tls"], names: ["same"], target: { pids: [1, 2] } });
  expect(optionsOf(...tls, ...CERTIFICATE).cohorts).toEqual(["mtls"]);
});

test("Whether a Kerbside on a port of its own asks for certificates must be said; a ws target is its own API", () => {
  const kerbside = ["--target", "wss://localhost:9000/ocpp", "--pid", "1", "--dir", "."];
  expect(optionsOf(...kerbside).cohorts).toEqual(["tls"]);
  expect(optionsOf(...kerbside, "--cohorts", "mtls").cohorts).toEqual(["mtls"]);
  expect(optionsOf("--target", "wss://localhost:8444/ocpp", ...kerbside.slice(2)).cohorts).toEqual(["mtls"]);
  expect(optionsOf(...kerbside).target?.api.href).toBe("http://localhost:8080/");
  expect(optionsOf(...TARGET).target?.api.href).toBe("http://127.0.0.1:9000/");
});

test("A remote target needs leave", () => {
  const remote = ["--target", "wss://csms.example/ocpp", "--pid", "1"];
  expect(complaintOf(...remote)).toMatch(/not on this machine; give --allow-remote/);
  expect(optionsOf(...remote, "--allow-remote").target?.url.hostname).toBe("csms.example");
});

test.each([
  [["--minutes", "0"], "--minutes must be a number from 0.01 to 1440"],
  [["--rounds", "many"], "--rounds must be a whole number from 1 to 100000"],
  [["--cohorts", "plain,ssl"], '--cohorts must be one of plain, tls, mtls, not "ssl"'],
  [["--names", "other"], '--names must be one of same, fresh, not "other"'],
  [["--connections-per-round", "0"], "--connections-per-round must be a whole number from 1 to 10000"],
  [["--concurrency", "1000"], "--concurrency must be a whole number from 1 to 256"],
  [["--protocol", "ocpp1.5"], "--protocol must be one of"],
  [["--limit", "-1"], "argument"],
  [["--seed", "1.5"], "--seed must be a whole number"],
  [["--plant", "mtls"], "--plant must be one of plain, tls, mtls, a colon and 1 to 1048576 bytes"],
  [["--plant", "mtls:0"], "--plant must be"],
  [["--plant", "mtls:1024", "--cohorts", "tls"], "--plant must be one of tls, a colon"],
  [["--pid", "1"], "--pid goes with a --target only"],
  [["--ca", "x"], "--ca goes with a --target only"],
  [["--target", "ws://127.0.0.1:1/"], "--target needs --pid"],
  [["--target", "http://127.0.0.1:1/", "--pid", "1"], "--target must be a ws or wss address"],
  [["--target", "nowhere", "--pid", "1"], "--target must be a ws or wss address"],
  [[...TARGET, "--client-cert", "package.json"], "--client-cert and --client-key go together"],
  [[...TARGET, "--ca", "nowhere.pem"], '--ca names "nowhere.pem", which does not exist'],
  [[...TARGET, "--names", "same,fresh"], "--names must be one of same, fresh with a --target"],
  [[...TARGET, "--cohorts", "tls"], '--cohorts must be plain with this --target, not "tls"'],
  [[...TARGET, "--cohorts", "plain,tls"], "--cohorts must be plain with this --target"],
  [[...TARGET, ...CERTIFICATE, "--dir", "."], "--client-cert does not go with --dir"],
  [["--api", "http://localhost:1/"], "--api goes with a --target only"],
  [["--csms", "http://127.0.0.1:1/"], "--csms must be builtin or a ws or wss address"],
  [["--csms", "wss://csms.example/ocpp"], "give --allow-remote"],
  [["--csms", "builtin", "--names", "same,fresh"], "--csms goes with --names same"],
  [["--csms", "builtin", "--floor"], "--csms does not go with --floor"],
  [[...TARGET, "--csms", "builtin"], "--csms does not go with a --target"],
  [["--plant", "bridge:1"], "--plant must be one of plain, tls, mtls, a colon"],
  [[...TARGET, "--floor"], "--floor does not go with a --target"],
  [[...TARGET, "--plant", "plain:1"], "--plant does not go with a --target"],
  [["--what"], "Unknown option '--what'"],
])("%j is refused in one sentence", (args, complaint) => {
  expect(complaintOf(...args)).toContain(complaint);
});

test("--help is not checked any further", () => {
  expect(parseArguments(["--help", "--minutes", "0"], 0.5)).toEqual({ ok: true, value: "help" });
});

test("So many stations are shared among the lanes, and who renews has the edge's own PKI", () => {
  expect(optionsOf()).toMatchObject({ stations: 64, renew: false });
  expect(optionsOf("--stations", "1000", "--concurrency", "8", "--renew")).toMatchObject({
    ...{ stations: 1_000, concurrency: 8, renew: true },
  });
  expect(complaintOf(...TARGET, "--renew")).toMatch(/--renew does not go with --target/);
  expect(complaintOf("--stations", "0")).toMatch(/--stations/);
});
