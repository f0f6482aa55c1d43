import {
  type Address,
  addressesOverlap,
  contains,
  parseAddress,
} from "../../../src/domain/glob/address.ts";
import {
  AddressMap,
  placeOf,
  relate,
  type Relation,
} from "../../../src/domain/forecast/address_map.ts";
import { plenty } from "../../support/scene/live_records.ts";
import { assert_, assertEquals, fail, it } from "../../deps.ts";
import { randomGlob, seeded } from "../../support/scene/globs.ts";

function address(text: string): Address {
  const parsed = parseAddress(text);
  return typeof parsed === "string" ? fail(`${text} ${parsed}`) : parsed;
}

function meetings<T>(map: AddressMap<T>, address: Address, left: number) {
  const effort = { left, steps: { left } };
  return [...map.meeting(placeOf(address, 0), effort)].filter((met) => met !== undefined);
}

/** As `relate()`, by the long way. */
function slowRelation(a: Address, b: Address): Relation {
  const { overlaps, exhausted } = addressesOverlap(a, b);
  if (!overlaps) return "apart";
  if (exhausted) return "unsure";
  const [around, within] = [contains(a, b), contains(b, a)];
  return around ? within ? "same" : "around" : within ? "within" : "across";
}

it("relate() returns how two addresses lie to each other", () => {
  const cases: [a: string, b: string, relation: Relation][] = [
    ["src/a.ts", "./SRC//A.ts", "same"],
    ["src/a.ts", "src/a.ts::f", "around"],
    ["src", "src/a.ts::f", "around"],
    ["src/**", "src/a.ts", "around"],
    ["src", "src/**", "same"],
    ["src/a.ts::f", "src/a.ts::g", "apart"],
    ["src/a", "src/ab", "apart"],
    ["src::f", "src/a.ts", "across"],
    ["src/*.ts", "src/a*", "across"],
    ["src/*.ts", "src/a.ts", "around"],
    ["src/*.ts", "src/a.ts::f", "around"],
    ["src/*.ts::f", "src/a.ts", "across"],
    ["src/a.t[s]", "src/a.ts", "same"],
    // Without an ending it may be a folder, and what is below it is not in the pattern.
    ["src/*", "src/a", "across"],
    ["src/a.ts::*", "src/a.ts::f", "around"],
    ["src/**/*.ts", "src/**/*.md", "apart"],
  ];
  const mirrored = { around: "within", within: "around" } as Partial<Record<Relation, Relation>>;
  for (const [a, b, relation] of cases) {
    const [one, other] = [placeOf(address(a), 0), placeOf(address(b), 0)];
    assertEquals(relate(one, other, plenty()), relation, `${a} and ${b}`);
    assertEquals(relate(other, one, plenty()), mirrored[relation] ?? relation, `${b}, ${a}`);
  }
});

it("meeting() finds exactly the addresses that overlap, and how", () => {
  const random = seeded("AddressMap");
  const literal = () =>
    Array.from({ length: random.below(3) + 1 }, () => random.pick(["a", "b", "ab", "A"])).join("/");
  const counts: Partial<Record<Relation, number>> = {};
  for (let round = 0; round < 40; round++) {
    const map = new AddressMap<number>();
    const addresses: Address[] = [];
    while (addresses.length < 40) {
      const path = random.chance(0.5) ? literal() : randomGlob(random);
      const symbol = random.chance(0.5) ? "" : `::${random.pick(["f", "g", "*", "[fg]", "f.g"])}`;
      if (path.includes(".")) continue; // an ending makes a file of it
      const parsed = parseAddress(path + symbol);
      if (typeof parsed === "string" || map.get(parsed.text, false) !== undefined) continue;
      map.add(parsed, addresses.push(parsed));
    }
    for (const one of addresses) {
      const found = meetings(map, one, 1e9);
      const relations = new Map(found.map(({ other, relation }) => [other.address.text, relation]));
      assertEquals(relations.size, found.length);
      for (const other of addresses) {
        const expected = slowRelation(one, other);
        const relation = relations.get(other.text) ?? "apart";
        if (relation !== expected) fail(`${one.text}, ${other.text}: ${relation}, not ${expected}`);
        counts[relation] = (counts[relation] ?? 0) + 1;
      }
    }
  }
  console.log(counts);
  for (const relation of ["apart", "same", "around", "within", "across"] as const) {
    assert_((counts[relation] ?? 0) > 300, `${relation} happens often`);
  }
});

it("meeting() looks at few of many addresses, and at none when the effort is spent", () => {
  const map = new AddressMap<undefined>();
  for (let i = 0; i < 10_000; i++) {
    map.add(address(`src/d${i % 100}/f${i}.ts::s${i}`), undefined);
    map.add(address(`src/big.ts::s${i}`), undefined);
  }
  for (const text of ["src/d7/f207.ts::s207", "src/big.ts::s4711", "lib/**"]) {
    const effort = { left: 1_000, steps: { left: 1_000 } };
    const found = [...map.meeting(placeOf(address(text), 0), effort)]
      .filter((met) => met !== undefined);
    assertEquals(found.map(({ other }) => other.address.text), text === "lib/**" ? [] : [text]);
    assert_(1_000 - effort.left < 110, `${text}: ${1_000 - effort.left} spent`);
  }
  assertEquals(meetings(map, address("src"), 1_010).length, 10);
});
