import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder } from "../support/edge-client.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());

const SCRIPT = join(import.meta.dirname, "../../src/local/station-cert.ts");

function run(...args: string[]): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const env = { ...process.env, KERBSIDE_DIR: folder.dir };
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

test("It makes the PKI if there is none, writes certificate and key, and prints their paths", async () => {
  const { code, stdout } = await run("RDAM|1+a 2");
  const [cert, key] = ["cert", "key"].map((kind) => join(folder.dir, "pki/stations", `RDAM|1+a 2.${kind}.pem`)) as [
    string,
    string,
  ];
  expect([code, stdout]).toEqual([0, `${cert}\n${key}\n`]);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(readFileSync(cert, "utf8").match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(new X509Certificate(readFileSync(cert)).subject).toContain("CN=RDAM|1\\+a 2");
});

test("A self-signed one stands alone, and a revoked one is on the list", async () => {
  expect([(await run("CS-self", "--self-signed")).code, (await run("CS-revoked", "--revoked")).code]).toEqual([0, 0]);
  const read = (id: string) => readFileSync(join(folder.dir, "pki/stations", `${id}.cert.pem`), "utf8");
  expect(read("CS-self").match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
  const { serialNumber } = new X509Certificate(read("CS-revoked"));
  expect(readFileSync(join(folder.dir, "pki/station-ca.revoked"), "utf8")).toContain(serialNumber);
});

test("Keys, digests and chains are as its option says, and --leaf-only leaves the chain out", async () => {
  const made = async (...args: string[]) => {
    expect((await run("CS-odd", ...args)).code).toBe(0);
    const text = readFileSync(join(folder.dir, "pki/stations/CS-odd.cert.pem"), "utf8");
    const { publicKey, ca, keyUsage } = new X509Certificate(text);
    return [text.match(/BEGIN CERTIFICATE/g)?.length, publicKey.asymmetricKeyDetails, ca, keyUsage];
  };
  const client = ["1.3.6.1.5.5.7.3.2"];
  const rsa = { modulusLength: 1_024, publicExponent: 65_537n };
  expect(await made("--ec-p192")).toEqual([2, { namedCurve: "prime192v1" }, false, client]);
  expect(await made("--rsa-1024", "--leaf-only")).toEqual([1, rsa, false, client]);
  expect(await made("--two-intermediates")).toEqual([3, { namedCurve: "prime256v1" }, false, client]);
});

test("An id that begins with a hyphen goes behind two of them", async () => {
  expect((await run("--", "-CS1")).code).toBe(0);
  expect(existsSync(join(folder.dir, "pki/stations/-CS1.cert.pem"))).toBe(true);
});

test.each([
  [[], "missing"],
  [["CS1", "CS2"], "One station id at a time"],
  [["../CS1"], "not a legal station id"],
  [[".."], "not a legal station id"],
  [["CS1", "--expired", "--revoked"], "exclude each other"],
  [["CS1", "--stale"], "Unknown option"],
])("Bad usage (%j) is told, with exit code 2", async (args, message) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("--help tells the options and exits with 0", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  expect(stdout).toContain("--not-yet-valid");
});
