import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseArguments } from "../../src/bridge/arguments.ts";
import { readCredentials } from "../../src/bridge/credentials.ts";
import { isOurs } from "../../src/bridge/directory.ts";
import { temporaryFolder } from "../support/edge-client.ts";

const NEEDED = ["--api", "https://k.example.com/", "--key-file", "key", "--csms", "wss://c.example.com/ocpp/"];

test("The needed options give the usual ones, addresses without a slash at their end", () => {
  expect(parseArguments(NEEDED)).toMatchObject({
    ok: true,
    value: {
      ...{ api: "https://k.example.com", csms: "wss://c.example.com/ocpp", mirror: null, isForwarded: true },
      ...{ labels: [], q: null, shard: { index: 1, of: 1 }, connectsPerSecond: 100, port: 9_464 },
    },
  });
});

test.each([
  [["--shard", "5/4"], "--shard must be I/N"],
  [["--label", "site"], "--label must be NAME=VALUE"],
  [["--connects-per-second", "0"], "--connects-per-second must be a whole number"],
  [["--csms-cert", "c"], "belong together"],
  [["--port", "70000"], "--port must be"],
  [["--mirror", "https://x"], "--mirror must be a URL"],
  [["--csms", "wss://c.example.com/ocpp?tenant=1"], "no query"],
  [["--api", "https://k.example.com/v1"], "--api must have no path"],
  [["--mirror-user-password-file", "p"], "nothing without --mirror"],
  [["--colour"], "colour"],
])("%j is refused in a sentence", (args, sentence) => {
  expect(parseArguments([...NEEDED, ...args])).toEqual({ ok: false, error: expect.stringContaining(sentence) });
});

test("Several bridges share all stations, each station one bridge's", () => {
  for (let i = 0; i < 200; i++) {
    const takers = [1, 2, 3].filter((index) => isOurs(`CS${i}`, { index, of: 3 }));
    expect(takers).toHaveLength(1);
  }
});

test("A certificate that cannot be used is told of before a socket needs it", () => {
  const folder = temporaryFolder();
  const [keyFile, odd] = [join(folder.dir, "key"), join(folder.dir, "odd.pem")];
  writeFileSync(keyFile, "k");
  writeFileSync(odd, "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n");
  const parsed = parseArguments([...NEEDED.with(3, keyFile), "--csms-cert", odd, "--csms-key", odd]);
  if (!parsed.ok || parsed.value === "help") throw new Error("not parsed");
  const { value } = parsed;
  expect(() => readCredentials(value)).toThrow(/--csms-cert, --csms-key and --csms-ca must be PEM/);
  folder.remove();
});

test("A file of passwords may be written by any editor, and the mirror has its own", () => {
  const folder = temporaryFolder();
  const [keyFile, passwords, mirrored] = ["key", "passwords", "mirrored"].map((name) => join(folder.dir, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(keyFile, "\ufeffk\r\n");
  writeFileSync(passwords, "\ufeffCS001:a:b\r\n\r\nCS 2:c\r\n");
  writeFileSync(mirrored, "{stationId}:for-{stationId}\n");
  const files = ["--csms-user-password-file", passwords, "--mirror-user-password-file", mirrored];
  const parsed = parseArguments([...NEEDED.with(3, keyFile), ...files, "--mirror", "wss://new.example.com/ocpp"]);
  if (!parsed.ok || parsed.value === "help") throw new Error("not parsed");
  const { apiKey, passwordOf, mirrorPasswordOf } = readCredentials(parsed.value);
  expect([apiKey, ...["CS001", "CS 2", "CS003"].map(passwordOf)]).toEqual(["k", "a:b", "c", null]);
  expect(mirrorPasswordOf("CS003")).toBe("for-CS003");
  folder.remove();
});
