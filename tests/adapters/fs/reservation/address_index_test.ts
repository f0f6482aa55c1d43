import { AddressIndex } from "../../../../src/adapters/fs/reservation/address_index.ts";
import { STAMP_TICK_MS } from "../../../../src/domain/limits.ts";
import { anchorOf } from "../../../../src/domain/glob/address.ts";
import { inOneGo } from "../../../../src/domain/glob/steps.ts";
import { assertEquals, it } from "../../../deps.ts";
import { notingLooks } from "../../../support/fake/looks.ts";
import { makeDiskDir } from "../../../support/scene/scratch.ts";
import { workspace } from "../../../support/scene/workspace.ts";

it("AddressIndex.find() finds what was entered in either form of Unicode, by either version", async () => {
  const { host, dir } = await workspace();
  const index = new AddressIndex(host.fs, `${dir}/.coord/reservations/addresses`);
  const [composed, decomposed] = ["src/caf\u00e9/a.ts", "src/cafe\u0301/a.ts"];
  const enter = (stem: string, anchor: ReturnType<typeof anchorOf>) =>
    inOneGo(index.add({ stem: stem.repeat(64), expiresMs: 1, exclusive: true }, [anchor]));
  enter("a", anchorOf(composed));
  enter("b", anchorOf(decomposed));
  enter("c", { segments: ["src", "cafe\u0301", "a.ts"], symbol: undefined }); // as 0.1.0 did
  enter("d", anchorOf("src/cafe/a.ts"));
  for (const address of [composed, decomposed, "SRC/CAFE\u0301", "src/caf\u00e9/**"]) {
    const found = inOneGo(index.find([anchorOf(address)])).map(({ stem }) => stem[0]);
    assertEquals([address, found.sort()], [address, ["a", "b", "c"]]);
  }
});

it("AddressIndex.find() as advice sees what came since, also by another process", async () => {
  const { host, dir } = await workspace();
  const root = `${dir}/.coord/reservations/addresses`;
  const [index, other] = [new AddressIndex(host.fs, root), new AddressIndex(host.fs, root)];
  const asked = [anchorOf("src/api/a.ts")];
  const found = () => inOneGo(index.find(asked, true)).map(({ stem }) => stem[0]).sort().join("");
  const enter = (stem: string, address: string) =>
    inOneGo(
      other.add({ stem: stem.repeat(64), expiresMs: 1, exclusive: true }, [anchorOf(address)]),
    );
  const seen = [found(), found()];
  for (
    const [stem, address] of [
      ["a", "src/api/a.ts::f"],
      ["b", "src/*"],
      ["c", "**::g"],
      ["d", "src/api"],
      ["e", "src"],
      ["f", "docs"],
    ] as const
  ) {
    enter(stem, address);
    seen.push(found());
    // The time stamps of what was seen now are trusted from here on.
    await new Promise((resolve) => setTimeout(resolve, STAMP_TICK_MS.fine + 5));
    seen.push(found());
  }
  assertEquals(seen, [
    ...["", "", "a", "a", "ab", "ab", "abc", "abc"],
    ...["abcd", "abcd", "abcde", "abcde", "abcde", "abcde"],
  ]);
});

it("AddressIndex.find() looks at no name below a short folder that lacks it, and asks a long one", async () => {
  const { host, dir } = await workspace(makeDiskDir());
  const root = `${dir}/.coord/reservations/addresses`;
  const noting = notingLooks(host.fs, root);
  const index = new AddressIndex(noting.fs, root);
  const enter = (address: string, stem: string) =>
    inOneGo(
      index.add({ stem: stem.repeat(64), expiresMs: 1, exclusive: true }, [anchorOf(address)]),
    );
  const find = (address: string) => {
    noting.take();
    const found = inOneGo(index.find([anchorOf(address)])).map(({ stem }) => stem[0]).join("");
    return [found, ...noting.take().map((look) => look.replace(/_[0-9a-z]+/g, "_"))];
  };
  const nothing = find("src/api/a.ts");
  enter("src/api", "a");
  enter("src/web/b.ts", "b");
  // Names in a folder have no order: what is below two of them is looked at in any.
  const short = [find("lib/a.ts"), find("src/api/a.ts"), find("src").sort()];
  for (let i = 0; i < 500; i++) host.fs.makeDir(`${root}/_${String(i).repeat(10)}`);
  assertEquals({ nothing, short, long: find("src/api/a.ts") }, {
    nothing: ["", "lstat "],
    short: [
      ["", "lstat ", "list "],
      ["a", "lstat ", "list ", "lstat _", "list _", "lstat _/_", "list _/_", "list _/_/here"],
      [
        "ab",
        "list ",
        "list _",
        "list _/_",
        "list _/_",
        "list _/_/_",
        "list _/_/_/here",
        "list _/_/here",
        "lstat ",
      ],
    ],
    long: [
      "a",
      "lstat ",
      "lstat here",
      "lstat symbols",
      "lstat _",
      "list _",
      "lstat _/_",
      "list _/_",
      "list _/_/here",
    ],
  });
});
