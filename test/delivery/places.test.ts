import { describe, expect, test } from "vitest";
import { Places } from "../../src/delivery/places.ts";

/** What a test does with a place: it is asked for at once, and the answer looked at later. */
function asker(places: Places) {
  const has: string[] = [];
  const gaveWay: string[] = [];
  const take = async (name: string, isSuspect = false, leave?: AbortSignal) => {
    const place = await places.take(isSuspect, () => gaveWay.push(name), leave);
    if (place !== null) has.push(name);
    return place;
  };
  return { has, gaveWay, take };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("Of the places for deliveries", () => {
  test("three are taken at most, and the next goes to who waited longest", async () => {
    const { has, take } = asker(new Places());
    const [first] = [take("a"), take("b"), take("c"), take("d"), take("e")];
    await turn();
    expect(has).toEqual(["a", "b", "c"]);
    (await first)?.leave();
    // Asked for before the other has gone on.
    void take("f");
    await turn();
    expect(has).toEqual(["a", "b", "c", "d"]);
  });

  test("receivers in trouble take two at most, and the others two where those wait", async () => {
    const { has, take } = asker(new Places());
    const bad = [take("x", true), take("y", true), take("z", true)];
    const good = [take("a"), take("b")];
    await turn();
    expect(has).toEqual(["x", "y", "a"]);
    (await bad[0])?.leave();
    await turn();
    expect(has).toEqual(["x", "y", "a", "z"]);
    (await good[0])?.leave();
    await turn();
    expect(has).toEqual(["x", "y", "a", "z", "b"]);
  });

  test("one that is held by a receiver which turns out to hang is left to another that waits, the last one's alone", async () => {
    const { has, gaveWay, take } = asker(new Places());
    const places = [await take("x"), await take("y"), await take("z")];
    void take("a");
    for (const place of places.slice(0, 2)) place?.slow();
    expect(gaveWay).toEqual([]);
    places[2]?.slow();
    expect(gaveWay).toEqual(["z"]);
    places[0]?.slow();
    void take("b");
    expect(gaveWay).toEqual(["z"]);
    places[2]?.leave();
    await turn();
    expect(has).toEqual(["x", "y", "z", "a"]);
  });

  test("nobody gives way to who is in trouble too, and one who comes later and is not is made room for", async () => {
    const { gaveWay, take } = asker(new Places());
    for (const name of ["x", "y", "z"]) (await take(name))?.slow();
    void take("w", true);
    await turn();
    expect(gaveWay).toEqual([]);
    void take("a");
    expect(gaveWay).toEqual(["z"]);
  });

  test("one that nobody wants any longer is not given to who left", async () => {
    const { has, take } = asker(new Places());
    const places = [await take("a"), await take("b"), await take("c")];
    const leave = new AbortController();
    const left = take("d", false, leave.signal);
    void take("e");
    leave.abort();
    expect(await left).toBeNull();
    places[0]?.leave();
    places[0]?.leave();
    await turn();
    expect(has).toEqual(["a", "b", "c", "e"]);
  });
});
