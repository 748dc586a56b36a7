/**
 * The schemas that forms are drawn from, asked for when a form opens. Must not know a form; they are files of this origin, and no secret.
 */
import type { FormSchema } from "./field.ts";

/** Kept for as long as the tab is open: they change with a deployment alone. */
const kept = new Map<string, Promise<unknown>>();

/** What the CSMS may ask of a station, by its names. */
export const actionsOf = (protocol: string): Promise<string[]> => file(`${protocol}/actions`) as Promise<string[]>;

export const schemaOf = (protocol: string, action: string): Promise<FormSchema> =>
  file(`${protocol}/${action}`) as Promise<FormSchema>;

function file(name: string): Promise<unknown> {
  const known = kept.get(name);
  if (known !== undefined) return known;
  const asked = fetch(`/schemas/${name}.json`).then(async (response) => {
    if (!response.ok) throw new Error(`There is no form of ${name}: ${response.status}.`);
    return (await response.json()) as unknown;
  });
  kept.set(name, asked);
  // Asked for again by the next form.
  asked.catch(() => kept.delete(name));
  return asked;
}
