import fc from "fast-check";
import { expect, test } from "vitest";
import { TransactionIds } from "../../src/bridge/transaction-ids.ts";

const pair = fc.record({ given: fc.integer({ min: 1, max: 200 }), other: fc.integer({ min: 1, max: 200 }) });

test("A transaction keeps the other CSMS's number, the newest where a number comes again, and all else passes as it is", () => {
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 40 }), fc.integer({ min: -5, max: 250 }), (pairs, asked) => {
      const ids = new TransactionIds();
      for (const { given, other } of pairs) ids.note(given, other);
      const expected = pairs.findLast(({ given }) => given === asked)?.other ?? asked;
      const payload = { meterStop: 1, transactionId: asked };
      expect(ids.mapped(payload)).toEqual({ meterStop: 1, transactionId: expected });
      expect(payload.transactionId).toBe(asked);
      expect(ids.mapped({ idTag: "A" })).toEqual({ idTag: "A" });
    }),
  );
});

test("Of a station that goes on for years the newest transactions are remembered, and no more", () => {
  const ids = new TransactionIds();
  for (let number = 1; number <= 10_000; number++) ids.note(number, -number);
  expect(ids.mapped({ transactionId: 10_000 })).toEqual({ transactionId: -10_000 });
  expect(ids.mapped({ transactionId: 1 })).toEqual({ transactionId: 1 });
});
