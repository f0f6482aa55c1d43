import type { Outline } from "../../../src/domain/glob/address_outline.ts";
import { HoldMap } from "../../../src/domain/glob/holds/hold_map.ts";
import { addressOutlines } from "../../../src/domain/glob/holds/holds.ts";
import { assertEquals, it } from "../../deps.ts";

it("HoldMap.near() gives the holds that lie where one does, and no others", () => {
  const map = new HoldMap<{ readonly outlines: readonly Outline[] }>();
  const hold = (...addresses: string[]) => ({ outlines: addressOutlines({ addresses }) });
  const all = Array.from({ length: 10_000 }, (_, n) => hold(`src/m${n % 100}/f${n}.ts`));
  for (const each of all) map.add(each);
  const near = (address: string) => [...map.near(hold(address))].length;
  assertEquals(
    ["src/m7/f7.ts", "src/m7/f7.ts::f", "src/m7/f7.ts/below", "SRC/m7/other.ts", "docs/**"].map(
      near,
    ),
    [1, 1, 1, 0, 0],
  );
  assertEquals([near("src/m7/**"), near("src/*/f7.ts"), near("*")], [100, 10_000, 10_000]);
  for (const each of all) map.delete(each);
  assertEquals(near("**"), 0);
});
