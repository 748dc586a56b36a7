/**
 * UUIDs (version 7) that sort as they were made: the ids of commands, which are also the messageIds of their CALLs.
 * Must not know what they name.
 */

let lastAt = 0;
let counter = 0;

/** @param now ms since the epoch. Within one ms the order is kept by a counter in the 12 bits behind the time. */
export function orderedUuid(now: number, random: Uint8Array = crypto.getRandomValues(new Uint8Array(8))): string {
  counter = now > lastAt ? 0 : counter + 1;
  // The clock stands still between two inputs of an object, and may step back between two machines.
  lastAt = Math.max(now, lastAt) + (counter > 0xfff ? 1 : 0);
  counter &= 0xfff;
  const time = lastAt.toString(16).padStart(12, "0");
  const variant = ((random[0] ?? 0) & 0x3f) | 0x80;
  const tail = [variant, ...random.subarray(1)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const ordered = counter.toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${ordered}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}
