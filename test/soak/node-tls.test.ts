import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parseNodeTls } from "./node-tls/arguments.ts";
import { bisectLine, expandRange, releasesOf, type State } from "./node-tls/bisect.ts";
import { createIdentities, type Identities } from "./node-tls/identities.ts";
import { runNodeTls, stateOfSlope, summaryOf } from "./node-tls/main.ts";
import { runMatrix } from "./node-tls/matrix.ts";
import { profileOf } from "./node-tls/profile.ts";
import { chartsOf, judgeArm, tableOf } from "./node-tls/report.ts";
import { removalsOf } from "./node-tls/trace.ts";

const NODES = { release: { version: process.versions.node, binary: process.execPath } };

describe("The arguments", () => {
  test("make of nothing the whole matrix: five releases, two TLS versions, with and without client certificates", () => {
    const { mode, load } = parseNodeTls([]);
    if (mode.kind !== "matrix") throw new Error(mode.kind);
    expect(mode.arms).toHaveLength(20);
    expect(new Set(mode.arms.map(({ node }) => node))).toEqual(new Set(["18", "20", "22", "24", "26"]));
    expect(mode.arms.every(({ ask, issuers }) => ask === "nothing" && issuers === 1)).toBe(true);
    expect(load.rounds).toBeGreaterThanOrEqual(40);
  });

  test("vary what is sent and asked only where there are client certificates", () => {
    const { mode } = parseNodeTls(["--node", "24.21.0", "--tls", "1.3", "--issuers", "0,1,2", "--ask", "nothing,x509"]);
    if (mode.kind !== "matrix") throw new Error(mode.kind);
    expect(mode.arms.filter(({ mtls }) => mtls)).toHaveLength(6);
    expect(mode.arms.filter(({ mtls }) => !mtls)).toHaveLength(1);
  });

  test("profile one arm of each release where nothing more is said", () => {
    const { mode } = parseNodeTls(["--node", "24.20.0,24.21.0", "--profile", "heaptrack"]);
    expect(mode).toMatchObject({
      kind: "profile",
      tool: "heaptrack",
      arms: [{ node: "24.20.0" }, { node: "24.21.0", mtls: true }],
    });
  });

  test.each([
    ["--node", "24.x"],
    ["--node", "../24"],
    ["--tls", "1.1"],
    ["--mtls", "perhaps"],
    ["--issuers", "3"],
    ["--ask", "everything"],
    ["--rounds", "0"],
    ["--connections", "1e9"],
    ["--bisect", "26..22"],
    ["--profile", "perf"],
    ["--unheard-of", "1"],
  ])("refuse %s %s", (name, value) => {
    expect(() => parseNodeTls([name, value])).toThrow();
  });

  test("that are wrong are told, with the exit code of misuse", async () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      expect(await runNodeTls(["--tls", "1.1"])).toBe(2);
      expect(write.mock.calls.join("")).toContain("--tls must be of 1.2, 1.3");
    } finally {
      write.mockRestore();
    }
  });

  test("refuse more arms than a machine can hold", () => {
    const nodes = Array.from({ length: 20 }, (_, minor) => `24.${minor}.0`).join(",");
    expect(() => parseNodeTls(["--node", nodes])).toThrow("arms are too many");
  });
});

describe("A bisection", () => {
  const versions = Array.from({ length: 40 }, (_, minor) => `30.${minor}.0`);
  const oracleOf = (isBad: (minor: number) => boolean, isUnknown = (_: number) => false) => {
    const asked: string[] = [];
    const oracle = async (version: string): Promise<State | undefined> => {
      asked.push(version);
      const minor = Number(version.split(".")[1]);
      if (isUnknown(minor)) return undefined;
      return isBad(minor) ? "bad" : "good";
    };
    return { asked, oracle };
  };

  test("reads ranges and lists of majors", () => {
    expect(expandRange("22..26")).toEqual([22, 23, 24, 25, 26]);
    expect(expandRange("18,26,18")).toEqual([18, 26]);
  });

  test("takes the stable releases of a line, by number and not by spelling", () => {
    const published = ["24.10.0", "24.2.0", "24.2.1", "24.3.0-rc.1", "23.1.0", "4.24.0"];
    expect(releasesOf(24, published)).toEqual(["24.2.0", "24.2.1", "24.10.0"]);
  });

  test("finds the first bad release wherever it lies, and asks about none twice", async () => {
    for (let first = 1; first < versions.length; first++) {
      const { asked, oracle } = oracleOf((minor) => minor >= first);
      const { changes } = await bisectLine(versions, 6, oracle);
      expect(changes).toEqual([{ before: `30.${first - 1}.0`, after: `30.${first}.0`, state: "bad" }]);
      expect(new Set(asked).size).toBe(asked.length);
      expect(asked.length).toBeLessThanOrEqual(12);
    }
  });

  test("finds both ends of an episode within a line whose first and last releases are good", async () => {
    for (let start = 1; start <= 35; start++) {
      const { oracle } = oracleOf((minor) => minor >= start && minor < start + 3);
      const result = await bisectLine(versions, 3, oracle);
      expect(result.changes.map(({ after, state }) => [after, state])).toEqual([
        [`30.${start}.0`, "bad"],
        [`30.${start + 3}.0`, "good"],
      ]);
    }
  });

  test("goes around releases that cannot be had, and names them", async () => {
    const { oracle } = oracleOf(
      (minor) => minor >= 21,
      (minor) => minor === 20 || minor === 39,
    );
    const result = await bisectLine(versions, 6, oracle);
    expect(result.changes).toEqual([{ before: "30.19.0", after: "30.21.0", state: "bad" }]);
    expect(result.unknown).toContain("30.39.0");
    expect(summaryOf(result)).toContain("first bad release 30.21.0 (30.19.0 before it); not to be told: ");
  });

  test("says nothing of a growth between that of the leak and none", () => {
    expect([0, 1_800, 2_700, 3_600, 5_400].map(stateOfSlope)).toEqual(["good", "good", undefined, "bad", "bad"]);
    expect(stateOfSlope(Number.NaN)).toBe(undefined);
  });

  test("of a line without a change tells what was tried", async () => {
    const result = await bisectLine(versions, 10, oracleOf(() => false).oracle);
    expect(summaryOf(result)).toBe("all 5 releases tried are good");
  });
});

describe("A profile", () => {
  test("counts what the client's certificates left, by call site, and the structs apart from their parts", () => {
    const at = "main;SSL_read;state_machine;tls_process_client_certificate";
    const struct = `${at};X509_new_ex;ASN1_item_new_ex;asn1_item_embed_new;CRYPTO_zalloc;`;
    const left = `${struct} 38400\n${at};ASN1_item_d2i;CRYPTO_malloc; 100000\nmain;LoadRoots;CRYPTO_malloc; 9000000\n`;
    const made = `${struct} 200\n${at};ASN1_item_d2i;CRYPTO_malloc; 5000\n`;
    const { handshakeBytes, sites, x509 } = profileOf(left, made, 100);
    expect(handshakeBytes).toBe(1_384);
    expect(x509).toEqual({ allocations: 2, bytes: 384 });
    expect(sites.map(({ site, allocations }) => [site, allocations])).toEqual([
      ["tls_process_client_certificate → ASN1_item_d2i", 50],
      ["tls_process_client_certificate → X509_new_ex", 2],
    ]);
  });
});

describe("A trace", () => {
  test("counts removals from the peer's chain by their callers, and no other use of a stack", () => {
    const removal =
      "#0  0x0001 in OPENSSL_sk_delete ()\n#1  0x02 in node::crypto::X509Certificate::New(node::Environment*, int) ()\n" +
      "#2  0x03 in node::crypto::TLSWrap::GetPeerX509Certificate(int const&) ()\n#3  0x04 in ?? ()\n(More stack frames follow...)\n";
    const other = "#0  0x0001 in OPENSSL_sk_delete ()\n#1  0x02 in update_cipher_list ()\n";
    expect(removalsOf(`Breakpoint 1 at 0x1\n${other}${removal}${other}${removal}`, 2)).toEqual([
      {
        callers: [
          "OPENSSL_sk_delete",
          "node::crypto::X509Certificate::New",
          "node::crypto::TLSWrap::GetPeerX509Certificate",
        ],
        count: 1,
      },
    ]);
  });
});

describe("The server of this project's own Node", () => {
  let identities: Identities;
  const dir = mkdtempSync(join(tmpdir(), "kerbside-node-tls-test-"));
  beforeAll(async () => {
    identities = await createIdentities(dir);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test("is measured in each arm after each round, and reported", async () => {
    const of = (args: string[]) => {
      const { mode } = parseNodeTls(["--node", "26", ...args]);
      return mode.kind === "matrix" ? mode.arms.map((arm) => ({ arm, ...NODES })) : [];
    };
    const arms = [
      ...of(["--tls", "1.3", "--issuers", "0,2", "--ask", "x509"]),
      ...of(["--tls", "1.2", "--mtls", "yes"]),
    ];
    const load = { rounds: 2, connections: 20, seed: 1 };
    const found = await runMatrix(arms, load, identities, () => {});
    expect(found).toHaveLength(4);
    for (const { samples, reported } of found) {
      expect(reported).toBe(process.versions.node);
      expect(samples.map(({ connections }) => connections)).toEqual([0, 20, 40]);
      for (const { memory } of samples) expect(memory.rssKb).toBeGreaterThan(memory.heapKb);
    }
    const findings = found.map(judgeArm);
    // Two rounds say nothing, and must not seem to.
    expect(findings.map(({ rss }) => rss.verdict)).toEqual(["undecided", "undecided", "undecided", "undecided"]);
    expect(tableOf(findings).split("\n")).toHaveLength(6);
    const { growth, slopes } = chartsOf(findings, load);
    expect([growth, slopes].every((svg) => svg.startsWith("<svg"))).toBe(true);
  });

  test("ends the run with its reason when it refuses the client", async () => {
    const { mode } = parseNodeTls(["--node", "26", "--tls", "1.3", "--mtls", "yes"]);
    if (mode.kind !== "matrix") throw new Error(mode.kind);
    const arms = mode.arms.map((arm) => ({ arm, ...NODES }));
    // A CA is no client's certificate.
    const wrong = { ...identities, server: { ...identities.server, ca: identities.server.cert } };
    await expect(runMatrix(arms, { rounds: 1, connections: 1, seed: 1 }, wrong, () => {})).rejects.toThrow();
  });

  test("that cannot be started ends the run with its reason", async () => {
    const { mode } = parseNodeTls(["--node", "26", "--tls", "1.3", "--mtls", "no"]);
    if (mode.kind !== "matrix") throw new Error(mode.kind);
    const release = { version: "26.0.0", binary: join(dir, "missing") };
    const arms = mode.arms.map((arm) => ({ arm, release }));
    await expect(runMatrix(arms, { rounds: 1, connections: 1, seed: 1 }, identities, () => {})).rejects.toThrow(
      "ENOENT",
    );
  });
});
