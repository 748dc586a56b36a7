/**
 * What a value of unknown make must look like to be read: checks that say where it does not, and never throw. Must not know whose
 * values they are.
 */

/** Where a value is not as it should be: a path, "" for all of it; `null`: it is. What is not named may be there. */
export type Check = (value: unknown) => string | null;

const is =
  (holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? null : "";

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const text = is((value) => typeof value === "string");
export const flag = is((value) => typeof value === "boolean");
export const number = is(Number.isFinite);
/** [ECMA-262 §21.4.1.1] ms either side of the epoch. */
const TIME_MAX_MS = 8.64e15;
/** ms since the epoch that a date can be made of: what is further away makes `toISOString` throw. */
export const time = is((value) => Number.isFinite(value) && Math.abs(value as number) <= TIME_MAX_MS);
export const record = is((value) => isRecord(value));
export const oneOf = (...values: readonly unknown[]): Check => is((value) => values.includes(value));

export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? null : check(value);

export const nullable =
  (check: Check): Check =>
  (value) =>
    value === null ? null : check(value);

const within = (name: string, fault: string): string => (fault === "" ? name : `${name}.${fault}`);

export const listOf =
  (check: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return "";
    for (let index = 0; index < value.length; index++) {
      const fault = check(value[index]);
      if (fault !== null) return within(String(index), fault);
    }
    return null;
  };

/** @param check of each value, whatever its name */
export const recordOf =
  (check: Check): Check =>
  (value) => {
    if (!isRecord(value)) return "";
    for (const name of Object.keys(value)) {
      const fault = check(value[name]);
      if (fault !== null) return within(name, fault);
    }
    return null;
  };

/** Every wake reads an attachment by it: neither iterators nor pairs are made for each field. */
export const fields = (checks: Readonly<Record<string, Check>>): Check => {
  const names = Object.keys(checks);
  return (value) => {
    if (!isRecord(value)) return "";
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string;
      const fault = (checks[name] as Check)(value[name]);
      if (fault !== null) return within(name, fault);
    }
    return null;
  };
};
