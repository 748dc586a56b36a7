import { join } from "node:path";
import { expect, test } from "vitest";
import { issuedByKey, normalizeSerial, serialOfDer } from "../../src/security/revocation.ts";
import { migrated } from "../support/sqlite-d1.ts";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const { connectedBy } = await import(join(import.meta.dirname, "../../src/pki/revocations.ts"));

const CA = "ab".repeat(20);

test("The stations below a CA are found page by page, each once, of a shared certificate all, of another CA none", async () => {
  const { database, directory } = migrated();
  const add = (id: string, key: string, online = 1) =>
    database
      .prepare(
        `INSERT INTO stations (station_id, at, sequence, deregistered, labels, online, undelivered, certificate_serial_key)
         VALUES (?, 0, 1, 0, '{}', ?, 0, ?)`,
      )
      .run(id, online, key);
  const expected = Array.from({ length: 25 }, (_, at) => `S${at}`);
  // Ten of one certificate; numbers with a sign too.
  for (const [at, id] of expected.entries()) add(id, `serial:${CA}:${at < 10 ? "5" : at % 2 === 0 ? `-${at}` : at}`);
  add("OFF", `serial:${CA}:99`, 0);
  add("OTHER", `serial:${CA}ab:7`);
  add("BEFORE", `serial:${"aa".repeat(20)}:7`);
  const found: string[] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page: { id: string; place: string }[] = await connectedBy(directory, [issuedByKey(CA)], after, 4);
    found.push(...page.map(({ id }) => id));
    after = page.at(-1)?.place;
  }
  expect(found.toSorted()).toEqual(expected.toSorted());
});

test.each([
  ["edcc", "-1234", "-12:34"],
  ["80", "-80", "-0080"],
  ["ff", "-1", "-01"],
  ["ffedcc", "-1234", "-1234"],
  ["00edcc", "edcc", "ED:CC"],
  ["0a0b", "a0b", "00:0A:0B"],
  ["00", "0", "-00"],
])("A number that is %s in DER is %s, as is %s", (der, number, spelled) => {
  expect(serialOfDer(Buffer.from(der, "hex"))).toBe(number);
  expect(normalizeSerial(spelled)).toBe(number);
});
