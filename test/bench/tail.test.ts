import { expect, test } from "vitest";
import { measureTail } from "./tail.ts";

test("What an observer costs is measured beside stations that nobody watches, for each CALL and each kind of key", async () => {
  const figures = await measureTail({ stations: 1, rounds: 2, callsPerStation: 5 });
  expect(figures.map(({ action, group }) => `${action}: ${group}`)).toEqual(
    ["Heartbeat", "StatusNotification"].flatMap((action) =>
      ["nobody", "nobody, once more", "an observer, masked", "an observer, unmasked"].map(
        (group) => `${action}: ${group}`,
      ),
    ),
  );
  for (const { us, times } of figures) {
    expect(us).toHaveLength(2);
    expect(Math.min(...us)).toBeGreaterThan(0);
    expect(times).toBeGreaterThan(0);
  }
});
