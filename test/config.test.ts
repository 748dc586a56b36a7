import { describe, expect, test } from "vitest";
import { ConfigError, configOf } from "../src/config.ts";

const SHA = "ab".repeat(32);

describe("An environment without settings", () => {
  test("is that of a careful production edge", () => {
    expect(configOf({})).toMatchObject({
      API_KEYS: [],
      MTLS_HOSTS: [],
      CLIENT_CA_SKIS: [],
      ALLOW_PROFILE_0: false,
      PROTOCOLS: ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"],
      SUBPROTOCOL_MISMATCH: "refuse",
      VALIDATION: "strict",
      CSMS_TIMEOUT_MS: 10_000,
      STANDALONE_AUTHORIZATION: "Accepted",
      LOCAL: false,
    });
    expect(configOf({})).not.toHaveProperty("CSMS_URL");
  });

  test("is one whose settings are empty, and whose bindings are objects", () => {
    const bare = configOf({});
    expect(configOf({ MTLS_HOSTS: "", CSMS_URL: "", API_KEYS: "", VALIDATION: "", STATION: {}, OTHER: "x" })).toEqual(
      bare,
    );
  });
});

describe("Settings", () => {
  test("are read to what they mean", () => {
    const key = { name: "backend", sha256: SHA, scopes: ["stations:read"] };
    const config = configOf({
      API_KEYS: JSON.stringify([key]),
      MTLS_HOSTS: " MTLS.example.com:443 , other.example.com:8444,",
      CLIENT_CA_SKIS: "AB:CD:EF, 0123",
      ALLOW_PROFILE_0: "true",
      PROTOCOLS: "ocpp1.6, ocpp2.1",
      SUBPROTOCOL_MISMATCH: "close",
      CSMS_URL: "http://127.0.0.1:9000/ocpp",
      CSMS_TIMEOUT_MS: "250",
      HEARTBEAT_INTERVAL_SECONDS: "60",
      WEBHOOK_RETRY_BASE_MS: "20",
    });
    expect(config).toMatchObject({
      API_KEYS: [key],
      MTLS_HOSTS: ["mtls.example.com", "other.example.com:8444"],
      CLIENT_CA_SKIS: ["abcdef", "0123"],
      ALLOW_PROFILE_0: true,
      PROTOCOLS: ["ocpp1.6", "ocpp2.1"],
      SUBPROTOCOL_MISMATCH: "close",
      CSMS_URL: "http://127.0.0.1:9000/ocpp",
      CSMS_TIMEOUT_MS: 250,
      HEARTBEAT_INTERVAL_SECONDS: 60,
      WEBHOOK_RETRY_BASE_MS: 20,
    });
  });

  test("of Cloudflare Access are taken together, and each fault is named", () => {
    const ACCESS_ROLES = JSON.stringify([{ email: "A@Example.com", scopes: ["stations:read"] }]);
    const all = { ACCESS_TEAM_DOMAIN: "Team.cloudflareaccess.com", ACCESS_AUD: "ab".repeat(32), ACCESS_ROLES };
    expect(configOf(all)).toMatchObject({
      ...{ ACCESS_TEAM_DOMAIN: "team.cloudflareaccess.com", ACCESS_AUD: ["ab".repeat(32)] },
      ACCESS_ROLES: [{ email: "a@example.com", scopes: ["stations:read"] }],
    });
    for (const name of Object.keys(all)) {
      const part = { ...all, [name]: "" };
      expect(() => configOf(part)).toThrow(new RegExp(`${name}: Cloudflare Access takes`));
      expect(() => configOf({ [name]: all[name as keyof typeof all] })).toThrow(ConfigError);
    }
    const odd = {
      ACCESS_TEAM_DOMAIN: ["https://team.cloudflareaccess.com", "team.cloudflareaccess.com.evil.example", "127.0.0.1"],
      ACCESS_AUD: ["short", `${"ab".repeat(32)},x`],
      ACCESS_ROLES: ["[", "[]", '[{"scopes":[]}]', '[{"email":"a@b.c","scopes":["root"]}]'],
    };
    for (const [name, values] of Object.entries(odd))
      for (const value of values) expect(() => configOf({ ...all, [name]: value })).toThrow(new RegExp(name));
  });

  test("are checked once an environment", () => {
    const env = { VALIDATION: "lenient" };
    expect(configOf(env)).toBe(configOf(env));
    expect(configOf({ ...env })).not.toBe(configOf(env));
  });

  test.each<[string, string]>([
    ["API_KEYS", "secret-key"],
    // Without a CA.
    ["MTLS_TRUST", "worker"],
    ["STATION_CAS", "secret-key"],
    ["API_KEYS", '{"name":"secret-key"}'],
    ["API_KEYS", JSON.stringify([{ name: "a", sha256: "secret-key", scopes: [] }])],
    ["API_KEYS", JSON.stringify([{ name: "a", sha256: SHA, scopes: ["secret-key"] }])],
    ["API_KEYS", JSON.stringify([{ name: "a", sha256: SHA, scopes: [], key: "secret-key" }])],
    ["MTLS_HOSTS", "https://mtls.secret-key.example"],
    ["MTLS_HOSTS", "*.secret-key.example"],
    ["MTLS_HOSTS", "mtls.secret-key.example."],
    ["MTLS_HOSTS", "mtls.example.com,mtls..secret-key"],
    ["MTLS_HOSTS", "mtls.secret-key.example/ocpp"],
    ["MTLS_HOSTS", "mtls.secret-key.example:0"],
    ["CLIENT_CA_SKIS", ","],
    ["CLIENT_CA_SKIS", " "],
    ["CLIENT_CA_SKIS", "secret-key"],
    ["CLIENT_CA_SKIS", "abc"],
    ["ALLOW_PROFILE_0", "yes"],
    ["ALLOW_PROFILE_0", "TRUE"],
    ["PROTOCOLS", "ocpp1.5"],
    ["PROTOCOLS", ","],
    ["SUBPROTOCOL_MISMATCH", "ignore"],
    ["VALIDATION", "off"],
    ["CSMS_URL", "csms.example.com"],
    ["CSMS_URL", "ftp://csms.example.com/"],
    ["CSMS_TIMEOUT_MS", "10s"],
    ["CSMS_TIMEOUT_MS", "0"],
    ["CSMS_TIMEOUT_MS", "99999999"],
    ["CSMS_SECRET", "not base64: secret-key!"],
    ["CSMS_SECRET", "c2VjcmV0LWtleQ=="],
    ["STANDALONE_AUTHORIZATION", "Blocked"],
    ["HEARTBEAT_INTERVAL_SECONDS", "0"],
    ["BOOT_RETRY_SECONDS", "-1"],
    ["WEBHOOK_RETRY_BASE_MS", "1.5"],
    ["WEBHOOK_BACKLOG_MAX", "99"],
    ["WEBHOOK_BATCH_MAX_BYTES", "512KiB"],
  ])("with a faulty %s, %j, are refused by its name, without its value", (name, value) => {
    expect(() => configOf({ [name]: value })).toThrow(ConfigError);
    expect(() => configOf({ [name]: value })).toThrow(new RegExp(`\\b${name}\\b`));
    expect(() => configOf({ [name]: value })).not.toThrow(/secret-key/);
  });

  test("name every fault at once", () => {
    const env = { VALIDATION: "off", CSMS_TIMEOUT_MS: "x", PROTOCOLS: "none" };
    expect(() => configOf(env)).toThrow(/(?=.*VALIDATION)(?=.*CSMS_TIMEOUT_MS)(?=.*PROTOCOLS)/);
  });
});
