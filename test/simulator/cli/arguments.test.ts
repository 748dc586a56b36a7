import { describe, expect, test } from "vitest";
import { parseArguments } from "../../../src/simulator/cli/arguments.ts";
import type { SimulationOptions } from "../../../src/simulator/fleet/simulation-options.ts";
import { mixesOf } from "../../../src/simulator/station/profile.ts";
import { stationUrl } from "../../../src/simulator/fleet/targets.ts";

function options(line: string, env: Record<string, string> = {}): SimulationOptions {
  const parsed = parseArguments(line.split(" ").filter(Boolean), env, 0.5);
  if (!parsed.ok || parsed.value === "help") throw new Error(parsed.ok ? "help" : parsed.error);
  return parsed.value;
}

function fault(line: string): string {
  const parsed = parseArguments(line.split(" ").filter(Boolean), {}, 0.5);
  if (parsed.ok) throw new Error("it was accepted");
  return parsed.error;
}

test("The issue's own command line is understood", () => {
  const given =
    "--stations 1000 --profile mtls,tls,basic,none --protocol ocpp1.6,ocpp2.0.1,ocpp2.1 --scenario churn --duration 10m " +
    "--target http://localhost:9080 --shared-key --seed 7 --rate 50";
  expect(options(given)).toMatchObject({
    stations: 1000,
    profiles: ["mtls", "tls", "basic", "none"],
    protocols: ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"],
    scenario: "churn",
    durationMs: 600_000,
    sharedKey: true,
    seed: 7,
    connectsPerSecond: 50,
  });
});

test("Times have a unit", () => {
  const durationMs = (text: string) => options(`--duration ${text}`).durationMs;
  expect(["500ms", "90s", "1.5m", "2h"].map(durationMs)).toEqual([500, 90_000, 90_000, 7_200_000]);
  expect(["10", "-1s", "0s", "1d", "1e3s", "1000h"].map((text) => fault(`--duration=${text}`))).toEqual(
    Array(6).fill(expect.stringContaining("--duration must be a time")),
  );
});

test.each([
  ["--stations 0", "--stations must be a whole number from 1"],
  ["--stations 1e3", "--stations must be"],
  ["--profile mtls,wifi", "--profile must be one of mtls, tls, basic, none"],
  ["--protocol ocpp1.5", "--protocol must be one of"],
  ["--scenario party", "--scenario must be one of"],
  ["--rate 0", "--rate must be"],
  ["--prefix a/b", "--prefix must be"],
  ["--speed 3", "--speed"],
  ["fast", "fast"],
  ["--csms http://localhost:1", "--csms must be builtin or a ws or wss address"],
  ["--csms ws://localhost:1/ocpp?a=b", "without a query"],
  ["--csms ws://csms.example.com/ocpp", "--allow-remote"],
  ["--csms builtin --names fresh", "--csms goes with --names same"],
  ["--target localhost:8080", "no http or https origin"],
  ["--target http://localhost:8080/ocpp", "no http or https origin"],
])("%s is refused with a sentence that says so", (line, sentence) => {
  expect(fault(line)).toContain(sentence);
});

test.each(["builtin", "ws://127.0.0.1:9100/ocpp", "wss://localhost:9100/ocpp"])("A CSMS may be %s", (csms) => {
  expect([options(`--csms ${csms}`).csms, options("").csms]).toEqual([csms, null]);
});

describe("A target", () => {
  test("is by default the local edge, on the ports of its environment", () => {
    const [target] = options("", { KERBSIDE_PORT: "1080", KERBSIDE_MTLS_PORT: "" }).targets;
    expect([target?.http.origin, target?.tls.origin, target?.mtls.origin, target?.dir]).toEqual([
      "http://localhost:1080",
      "https://localhost:8443",
      "https://localhost:8444",
      null,
    ]);
  });

  test.each(["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"])("may be %s", (url) => {
    expect(options(`--target ${url}`).targets[0]?.http.origin).toBe(url);
  });

  test.each(["http://10.0.0.1", "http://ocpp.example.com", "http://localhost.example.com", "http://[fe80::1]"])(
    "may not be %s without --allow-remote",
    (url) => {
      expect(fault(`--target ${url}`)).toContain("--allow-remote");
      expect(fault(`--mtls-target ${url.replace("http", "https")}`)).toContain("--allow-remote");
      expect(options(`--target ${url} --allow-remote`).targets[0]?.http.origin).toBe(url);
    },
  );

  test("may be one of several, each with its own doors and folder", () => {
    const second = "--target http://localhost:2 --tls-target https://localhost:3 --mtls-target https://localhost:4";
    const first = second.replaceAll("localhost:", "localhost:1");
    expect(fault(`${first} --dir a ${second}`)).toContain("target 2 needs its own --dir");
    expect(fault(`${first} --dir a --target http://localhost:2 --dir b`)).toContain("target 2 needs");
    const { targets } = options(`${first} --dir a ${second} --dir b`);
    expect(targets.map(({ mtls, dir }) => [mtls.port, dir])).toEqual([
      ["14", "a"],
      ["4", "b"],
    ]);
  });

  test("has a door for each profile", () => {
    const [target] = options("").targets;
    if (target === undefined) throw new Error("no target");
    expect(stationUrl(target, "basic", "CS 1")).toBe("ws://localhost:8080/ocpp/CS%201");
    expect(stationUrl(target, "tls", "CS1")).toBe("wss://localhost:8443/ocpp/CS1");
    expect(stationUrl(target, "mtls", "CS1")).toBe("wss://localhost:8444/ocpp/CS1");
  });
});

test("A fleet has every profile with every protocol", () => {
  const mixes = mixesOf(["mtls", "tls", "none"], ["ocpp1.6", "ocpp2.1"]);
  expect(new Set(mixes.map(({ profile, protocol }) => `${profile} ${protocol}`)).size).toBe(6);
  // Neighbours differ, so that three stations are of three profiles and both protocols.
  expect(mixes.slice(0, 3).map(({ profile, protocol }) => [profile, protocol])).toEqual([
    ["mtls", "ocpp1.6"],
    ["tls", "ocpp2.1"],
    ["none", "ocpp1.6"],
  ]);
});
