import { refIn } from "../../../src/domain/git/reftable.ts";
import { assertEquals, it } from "../../deps.ts";
import { type Ref, reftable } from "../../support/reftable.ts";

const SHA1 = "89abcdef0123456789abcdef0123456789abcdef";
const SHA256 = SHA1 + "0123456789abcdef01234567";

/** Names around HEAD, and as many branches as are asked for. */
function refs(head: Ref, branches = 0, id = SHA1): [string, Ref][] {
  return [
    ["AUTO_MERGE", { id }],
    ["FETCH_HEAD", { id, peeled: id }],
    ["HEAD", head],
    ...Array.from({ length: branches }, (_, i): [string, Ref] => [
      `refs/heads/b${String(i).padStart(5, "0")}`,
      { id },
    ]),
  ];
}

it("refIn() finds a name in tables of every layout", () => {
  const main = { target: "refs/heads/main" };
  const expected = { kind: "symbolic", target: "refs/heads/main" } as const;
  assertEquals(refIn(reftable(refs(main)), "HEAD"), expected);
  assertEquals(refIn(reftable(refs(main, 50), { isPacked: false }), "HEAD"), expected);
  assertEquals(refIn(reftable(refs(main, 50), { blockSize: 0, perBlock: 2 }), "HEAD"), expected);
  assertEquals(refIn(reftable(refs(main, 50), { blockSize: 256, perBlock: 1 }), "HEAD"), expected);
  const long = { target: `refs/heads/${"x".repeat(200)}` };
  assertEquals(refIn(reftable(refs(long)), "HEAD"), { kind: "symbolic", ...long });
  assertEquals(
    refIn(reftable(refs(main, 500), { blockSize: 0, perBlock: 7 }), "refs/heads/b00499"),
    { kind: "commit", id: SHA1 },
  );
});

it("refIn() knows commits of both lengths, tags, and what was removed", () => {
  assertEquals(refIn(reftable(refs({ id: SHA1 })), "HEAD"), { kind: "commit", id: SHA1 });
  assertEquals(refIn(reftable(refs({ id: SHA1 })), "FETCH_HEAD"), { kind: "commit", id: SHA1 });
  assertEquals(
    refIn(reftable(refs({ id: SHA256 }, 3, SHA256), { version: 2 }), "HEAD"),
    { kind: "commit", id: SHA256 },
  );
  assertEquals(refIn(reftable(refs({})), "HEAD"), { kind: "removed" });
  assertEquals(refIn(reftable(refs({ id: SHA1 }, 9)), "HEAD2"), undefined);
  assertEquals(refIn(reftable([]), "HEAD"), undefined);
});

it("refIn() needs no more than the beginning of a long table", () => {
  const table = reftable(refs({ id: SHA1 }, 5_000), { blockSize: 0 });
  assertEquals(refIn(table.slice(0, 200), "HEAD"), { kind: "commit", id: SHA1 });
});

it("refIn() says of damaged tables that they are", () => {
  const table = reftable(refs({ target: "refs/heads/main" }));
  const damaged = { kind: "damaged" } as const;
  assertEquals(refIn(new Uint8Array(), "HEAD"), damaged);
  assertEquals(refIn(table.slice(0, 30), "HEAD"), damaged);
  assertEquals(refIn(table.slice(0, 100), "HEAD"), damaged);
  assertEquals(refIn(table.map((byte, at) => at === 4 ? 3 : byte), "HEAD"), damaged);
  assertEquals(refIn(table.map((byte, at) => at < 4 ? 0 : byte), "HEAD"), damaged);
  assertEquals(refIn(table.map((byte, at) => at >= 28 && at < 40 ? 255 : byte), "HEAD"), damaged);
  assertEquals(refIn(table.map((byte, at) => at >= 25 && at < 28 ? 0 : byte), "HEAD"), damaged);
});
