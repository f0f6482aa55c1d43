/** Damage by chance: what is found agrees with what commands warn of, and a repair loses nothing. */
import type { checkFiles } from "../../../../src/adapters/fs/upkeep/fsck.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { mutatedTogether } from "../../../support/explore/mutants.ts";
import { sized } from "../../../support/length.ts";
import { newSeed, Random } from "../../../support/random.ts";
import { check, damage, problemsOfRepair, soundWorkspace } from "../../../support/scene/damaged.ts";

const FOLDER = "src/adapters/fs/upkeep";

/** Workspaces in which a fault has to show; the rarest shows in one of a hundred or so. */
const TRIES = 4_000;

const sound = await soundWorkspace();

it("fsck() finds nothing in a workspace with records of every kind", async () => {
  const { damages, looked } = await check(sound.copy());
  assertEquals(damages, []);
  assert_(Object.keys(looked).length > 12, `it looked at ${JSON.stringify(looked)}`);
});

it("a repair mends what chance has damaged, and loses nothing", async () => {
  const { seed } = newSeed("damaged workspaces");
  const count = sized(40, 2_000, 20_000);
  for (let n = 0; n < count; n++) {
    const { harms, problems } = await problemsOf(seed + n);
    assertEquals(problems, [], `COORD_SEED=${seed + n}: ${JSON.stringify(harms)}`);
  }
});

/** Where these faults are; the check itself comes first. */
const MODULES = [
  ...["fsck", "folders", "records", "claims", "segments", "journal", "index_check", "entries"],
  ...["quarantine", "parts"],
];

/** Faults that the search above has to find. */
const FAULTS = [
  {
    name: "a repair that removes",
    from: "if (!fs.rename(from, to)) {",
    to: "if (!fs.remove(from)) {",
  },
  {
    name: "a repair that puts nothing in the place of a slot",
    from: "if (kept === undefined || !fs.rename(staged, path)) return undefined;",
    to: "fs.remove(path);",
  },
  {
    name: "a check that skips claims",
    from: "if (problem === undefined) return;",
    to: "return;",
  },
  {
    name: "a check that skips folders and links in the place of records",
    from: 'if (read.kind === "gone") return undefined;',
    to: 'if (read.kind === "gone" || read.stat.kind !== "file") return undefined;',
  },
  {
    name: "a repair of the journal that forgets the archive",
    from: "for (const archive of archivesBefore(fs, path)) {",
    to: "for (const archive of [] as string[]) {",
  },
  {
    name: "a check that believes each entry of the indexes",
    from: "else if (check.wrong(entry) !== undefined) suspects.push(entry);",
    to: "",
  },
] as const;

for (const { name, from, to } of FAULTS) {
  it(`the search finds ${name}`, async () => {
    const [faulty] = await mutatedTogether(MODULES.map((each) => `${FOLDER}/${each}.ts`), {
      from,
      to,
    });
    const { checkFiles: files } = faulty as { checkFiles: typeof checkFiles };
    const { seed } = newSeed(name);
    for (let n = 0; n < TRIES; n++) {
      if ((await problemsOf(seed + n, files)).problems.length > 0) return;
    }
    throw new Error(`nothing shows in ${TRIES} workspaces`);
  });
}

async function problemsOf(seed: number, files?: typeof checkFiles) {
  const damaged = sound.copy();
  const harms = damage(damaged, new Random(seed));
  return { harms, problems: await problemsOfRepair(sound, damaged, harms, files) };
}
