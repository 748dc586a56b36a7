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
/** ms since the epoch that a date can be made of: what is further away makes `toISOString` throw. */
export const time = is((value) => Number.isFinite(new Date(value as number).getTime()) && Number.isFinite(value));
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

const first = (entries: Iterable<readonly [string, unknown]>, checkOf: (name: string) => Check): string | null => {
  for (const [name, value] of entries) {
    const fault = checkOf(name)(value);
    if (fault !== null) return fault === "" ? name : `${name}.${fault}`;
  }
  return null;
};

export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value)
      ? first(
          value.map((each, index) => [String(index), each]),
          () => check,
        )
      : "";

/** @param check of each value, whatever its name */
export const recordOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) ? first(Object.entries(value), () => check) : "";

export const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value)
      ? first(
          Object.keys(checks).map((name) => [name, value[name]]),
          (name) => checks[name] as Check,
        )
      : "";
