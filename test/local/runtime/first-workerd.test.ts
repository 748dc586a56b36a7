import { expect, test } from "vitest";
import { askFirst } from "../../../src/local/runtime/first-workerd.ts";
import { HttpPeer } from "../../support/http-peers.ts";

test.each([
  [204, ""],
  [200, "[1]"],
  [500, "why"],
])("What the first workerd answers comes back, %i %s", async (status, body) => {
  const first = await HttpPeer.start();
  first.reply = () => ({ status, text: body });
  const port = Number(new URL(first.url).port);
  const answer = await askFirst(() => port, "secret", { text: async () => "[]" }, 0, "outcomes");
  expect([answer.status, await answer.text()]).toEqual([status, body]);
  await first.stop();
});
