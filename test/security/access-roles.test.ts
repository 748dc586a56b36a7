import { describe, expect, test } from "vitest";
import { faultOfClaims, nameOfClaims } from "../../src/security/access/access-claims.ts";
import { accessRolesSchema, roleOf } from "../../src/security/access/access-roles.ts";

const ISSUER = "https://team.cloudflareaccess.com";
const AUD = "ab".repeat(32);
const NOW = Date.parse("2026-11-28T12:00:00Z");
const SECONDS = NOW / 1000;
const CLAIMS = { iss: ISSUER, aud: [AUD], email: "a@example.com", exp: SECONDS + 60, nbf: SECONDS - 60, type: "app" };
const fault = (more: object) => faultOfClaims({ ...CLAIMS, ...more }, { issuer: ISSUER, audiences: [AUD] }, NOW);

describe("What a token of Access says", () => {
  test.each([
    ["holds", {}, null],
    ["holds for one of several audiences", { aud: ["other", AUD] }, null],
    ["holds where there is one audience, and no list", { aud: AUD }, null],
    ["is another team's", { iss: "https://other.cloudflareaccess.com" }, "issuer"],
    ["is another issuer's that begins alike", { iss: `${ISSUER}.evil.example` }, "issuer"],
    ["has no issuer", { iss: undefined }, "issuer"],
    ["is for another application", { aud: ["cd".repeat(32)] }, "audience"],
    ["is for none", { aud: [] }, "audience"],
    ["is for an audience that is no text", { aud: [{ toString: () => AUD }] }, "audience"],
    ["has expired", { exp: SECONDS - 31 }, "expired"],
    ["has expired within what two clocks may differ by", { exp: SECONDS - 29 }, null],
    ["never expires", { exp: undefined }, "expired"],
    ["says its end in words", { exp: String(SECONDS + 60) }, "expired"],
    ["is not valid yet", { nbf: SECONDS + 31 }, "not-yet-valid"],
    ["was made in the future", { iat: SECONDS + 31 }, "not-yet-valid"],
    ["is a team's session", { type: "org" }, "type"],
    ["names nobody", { email: "" }, "nameless"],
    ["is a service's", { email: undefined, common_name: "abc.access" }, null],
  ])("%s", (_, more, expected) => {
    expect(fault(more)).toBe(expected);
  });

  test("names a person by the address, a service by its client id", () => {
    expect(nameOfClaims({ email: "a@example.com", common_name: "x" })).toBe("a@example.com");
    expect(nameOfClaims({ common_name: "abc.access" })).toBe("abc.access");
    expect(nameOfClaims({ email: ["a@example.com"] })).toBeNull();
    expect(nameOfClaims({ email: "a".repeat(300) })).toBeNull();
  });
});

describe("A role of Access", () => {
  const roles = accessRolesSchema.parse([
    { email: "Boss@Example.com", scopes: ["audit:read"] },
    { group: "north", scopes: ["stations:read"], stations: { prefix: "NORTH-" } },
    { claim: "custom.department", value: "ops", scopes: ["commands:write"] },
    { claim: "https://example.com/roles", value: "admin", scopes: ["pki:write"] },
    { claim: "common_name", value: "abc.access", scopes: ["metrics:read"] },
  ]);
  const indexOf = (claims: object) => {
    const role = roleOf(claims as Record<string, unknown>, roles);
    return role === null ? null : roles.indexOf(role);
  };

  test.each([
    [{ email: "boss@example.com", groups: ["north"] }, 0],
    [{ email: "BOSS@EXAMPLE.COM" }, 0],
    [{ email: "a@example.com", groups: ["south", "north"] }, 1],
    [{ email: "a@example.com", groups: [{ id: "1", name: "north" }] }, 1],
    [{ email: "a@example.com", custom: { groups: "north" } }, 1],
    [{ email: "a@example.com", custom: { department: "ops" } }, 2],
    [{ email: "a@example.com", custom: { department: ["it", "ops"] } }, 2],
    [{ email: "a@example.com", custom: { "https://example.com/roles": ["admin"] } }, 3],
    [{ common_name: "abc.access" }, 4],
    [{ email: "a@example.com" }, null],
    [{ email: "boss@example.com.evil" }, null],
    [{ email: ["boss@example.com"] }, null],
    [{ email: "a@example.com", groups: "northern" }, null],
    [{ email: "a@example.com", groups: [["north"]] }, null],
    [{ email: "a@example.com", custom: "department" }, null],
    [JSON.parse('{"__proto__":{"groups":["north"]}}'), null],
  ])("is the first that fits %j", (claims, expected) => {
    expect(indexOf(claims)).toBe(expected);
  });

  test.each([
    [[]],
    [[{ scopes: ["stations:read"] }]],
    [[{ email: "", scopes: [] }]],
    [[{ email: "a@b.c", group: "g", scopes: [] }]],
    [[{ email: "a@b.c", scopes: ["everything"] }]],
    [[{ claim: "x", scopes: [] }]],
    [[{ email: "a@b.c", scopes: [], stations: {} }]],
    [[{ email: "a@b.c", scopes: [], more: 1 }]],
    [{ email: "a@b.c", scopes: [] }],
  ])("is not %j", (given) => {
    expect(accessRolesSchema.safeParse(given).success).toBe(false);
  });
});
