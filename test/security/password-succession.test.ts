import fc from "fast-check";
import { expect, test } from "vitest";
import type { PasswordHash } from "../../src/security/password.ts";
import {
  formerOnes,
  hasRoomForPassword,
  PASSWORDS_MAX,
  withNewest,
  withNewestProven,
  withoutNewest,
} from "../../src/security/password-succession.ts";

const hashOf = (name: number): PasswordHash => ({ iterations: 1, salt: "", hash: String(name) });
interface Passwords {
  password: PasswordHash | null;
  formerPassword?: PasswordHash;
  formerPasswords?: PasswordHash[];
}
const all = (known: Passwords) =>
  [...(known.password === null ? [] : [known.password]), ...formerOnes(known)].map(({ hash }) => hash);

test("Passwords come and go like a stack whose lowest stays the former one, and the newest that was used is alone", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("new", "refused", "used"), { maxLength: 20 }), (steps) => {
      let known: Passwords = { password: hashOf(0) };
      let expected = ["0"];
      steps.forEach((step, index) => {
        if (step === "new" && hasRoomForPassword(known)) {
          known = withNewest(known, hashOf(index + 1));
          expected = [String(index + 1), ...expected];
        } else if (step === "refused" && expected.length > 1) {
          known = withoutNewest(known);
          expected = expected.slice(1);
        } else if (step === "used") {
          known = withNewestProven(known);
          expected = expected.slice(0, 1);
        }
        expect(all(known)).toEqual(expected);
        expect(known.formerPassword?.hash).toBe(expected.length > 1 ? expected.at(-1) : undefined);
        expect(expected.length).toBeLessThanOrEqual(PASSWORDS_MAX);
      });
    }),
  );
});

test("A first password that was refused leaves none", () => {
  const known = withNewest<Passwords>({ password: null }, hashOf(1));
  expect(all(known)).toEqual(["1"]);
  expect(withoutNewest(known)).toEqual({ password: null });
});
