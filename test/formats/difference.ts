/**
 * What one release says that another does not. Must not know what it is about.
 */

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
/** Made anew each time, or each release's own words for people. */
const ITS_OWN = ["password", "detail", "remoteAddress"];

const kindOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "list" : typeof value);
const anyOf = (text: string): string => text.replace(UUID, "UUID").replace(TIME, "TIME");

/**
 * Paths at which `now` lacks what `then` had, has it in another form, or says another word: whoever reads what it knew finds less.
 * What is new is no difference, nor how large a number is.
 */
export function lacking(then: unknown, now: unknown, path = ""): string[] {
  if (kindOf(then) !== kindOf(now)) return [`${path}: ${kindOf(then)}, now ${kindOf(now)}`];
  if (Array.isArray(then) && Array.isArray(now)) {
    const fewer = now.length < then.length ? [`${path}: ${then.length}, now ${now.length}`] : [];
    return [
      ...fewer,
      ...then.flatMap((each, index) => (index < now.length ? lacking(each, now[index], `${path}/${index}`) : [])),
    ];
  }
  if (typeof then === "object" && then !== null) {
    const have = now as Record<string, unknown>;
    return Object.entries(then).flatMap(([name, value]) => {
      if (have[name] === undefined) return [`${path}/${name}: gone`];
      return ITS_OWN.includes(name) && kindOf(value) === kindOf(have[name])
        ? []
        : lacking(value, have[name], `${path}/${name}`);
    });
  }
  if (typeof then === "string" && anyOf(then) !== anyOf(now as string)) return [`${path}: ${then}, now ${now}`];
  if (typeof then === "boolean" && then !== now) return [`${path}: ${then}, now ${now}`];
  return [];
}

/** The ids in one answer by those at the same place in an earlier one. */
export function idsIn(then: unknown, now: unknown): [string, string][] {
  const idsOf = (value: unknown): string[] => (JSON.stringify(value) ?? "").match(UUID) ?? [];
  const [before, after] = [idsOf(then), idsOf(now)];
  return before.length === after.length ? before.map((id, index) => [id, after[index] as string]) : [];
}
