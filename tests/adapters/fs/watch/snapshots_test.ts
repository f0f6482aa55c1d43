import { Seen } from "../../../../src/adapters/fs/watch/seen.ts";
import { Snapshots } from "../../../../src/adapters/fs/watch/snapshots.ts";
import { formatTime } from "../../../../src/domain/time.ts";
import { assertEquals, it } from "../../../deps.ts";

it("inOrder() gives what was found, the oldest first, however much that is", () => {
  const seen = new Seen(() => {});
  const snapshots = new Snapshots(seen);
  const ids = Array.from({ length: 6 }, (_, n) => `sha256:${n}`);
  const dataOf = (n: number) => ({
    created_at: formatTime(10_000 - n),
    payload: String(n).repeat(1_000_000),
  });
  for (const [n, id] of ids.entries()) {
    const data = dataOf(n);
    const text = JSON.stringify(data);
    const found = { kind: "record", version: `${n}@1`, data, text } as const;
    const change = seen.look("task", id, () => found, "snapshot");
    if (change !== undefined) snapshots.add(change);
  }
  const given = [...snapshots.inOrder(4)];
  assertEquals(given.map(({ length }) => length), [4, 2]);
  assertEquals(
    given.flat().map(({ type, id, data }) => ({ type, id, data })),
    ids.map((id, n) => ({ type: "snapshot" as const, id, data: dataOf(n) })).reverse(),
  );
});
