import { expect, test } from "vitest";
import { addressKey, FailedAttempts } from "../../src/security/attempts.ts";

test("Failures are counted by key, and forgiven with time", () => {
  const attempts = new FailedAttempts({ burst: 3, perSecond: 0.5 });
  for (let count = 0; count < 3; count++) {
    expect(attempts.isExhausted("a", 1_000)).toBe(false);
    attempts.failed("a", 1_000);
  }
  expect(attempts.isExhausted("a", 1_000)).toBe(true);
  expect(attempts.isExhausted("b", 1_000)).toBe(false);
  expect(attempts.isExhausted("a", 2_999)).toBe(true);
  expect(attempts.isExhausted("a", 3_001)).toBe(false);
});

test("Who goes on failing waits no longer for it", () => {
  const attempts = new FailedAttempts({ burst: 3, perSecond: 1 });
  for (let count = 0; count < 1_000; count++) attempts.failed("a", 0);
  expect(attempts.isExhausted("a", 900)).toBe(true);
  expect(attempts.isExhausted("a", 1_100)).toBe(false);
});

test("A clock that is set back forgives nothing and blocks nobody for longer", () => {
  const attempts = new FailedAttempts({ burst: 2, perSecond: 1 });
  attempts.failed("a", 7_200_000);
  attempts.failed("a", 0);
  expect(attempts.isExhausted("a", 0)).toBe(true);
  expect(attempts.isExhausted("a", 1_500)).toBe(false);
});

test("Of ten thousand keys and one the oldest is forgotten", () => {
  const attempts = new FailedAttempts({ burst: 1, perSecond: 0.001 });
  for (let key = 0; key <= 10_000; key++) attempts.failed(`k${key}`, 0);
  expect(attempts.isExhausted("k0", 0)).toBe(false);
  expect(attempts.isExhausted("k1", 0)).toBe(true);
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002:ffff::1", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  [null, "unknown"],
])("The address %j counts as %j", (address, key) => {
  expect(addressKey(address)).toBe(key);
});
