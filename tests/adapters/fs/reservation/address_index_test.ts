import { AddressIndex } from "../../../../src/adapters/fs/reservation/address_index.ts";
import { anchorOf } from "../../../../src/domain/glob/address.ts";
import { inOneGo } from "../../../../src/domain/glob/steps.ts";
import { assertEquals, it } from "../../../deps.ts";
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
