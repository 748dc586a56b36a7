/**
 * The part of the fleet that a key is for, in words. Must not know the key.
 */
import type { FleetPart } from "../../../client/kerbside.ts";

export function FleetPartText({ part }: { part: FleetPart | null }) {
  if (part === null) return <>the whole fleet</>;
  if ("prefix" in part)
    return (
      <>
        stations that begin with <code>{part.prefix}</code>
      </>
    );
  const labels = Object.entries(part.label).map(([name, value]) => `${name}=${value}`);
  return (
    <>
      stations with <code>{labels.join(", ")}</code>
    </>
  );
}
