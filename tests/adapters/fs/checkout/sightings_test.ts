import { FsSightings, sweepSightings } from "../../../../src/adapters/fs/checkout/sightings.ts";
import { Surroundings } from "../../../../src/adapters/fs/checkout/surroundings.ts";
import { hostWithin } from "../../../../src/adapters/fs/disk/real_folders.ts";
import { initWorkspace, Layout } from "../../../../src/adapters/fs/layout.ts";
import {
  MAX_HASHED_BYTES,
  type Sighting,
  SIGHTING_MS,
} from "../../../../src/domain/input/hook/sighting.ts";
import { sha256Hex } from "../../../../src/engine/content_id.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { assert_, assertEquals, assertRejects, it } from "../../../deps.ts";
import { write } from "../../../support/scene/journals.ts";
import { makeSymlink, makeTempDir, setMtime } from "../../../support/scene/scratch.ts";

const real = await detectHost();

function namesIn(folder: string): string[] {
  return (real.fs.list(folder) ?? []).map(({ name }) => name);
}

/** Files that a folder holds in these tests. */
const MOST = 8;

/** A workspace, what is kept in it of files, and the syncs that it asked for. */
function scene() {
  const dir = makeTempDir();
  const { path: w } = initWorkspace(real, dir);
  const syncs: string[] = [];
  const spied = { ...real.fs };
  for (const name of ["syncFile", "syncDir", "syncNames", "syncNamesAsync"] as const) {
    spied[name] = (path: string) => syncs.push(`${name} ${path}`) as never;
  }
  const { fs } = hostWithin({ ...real, fs: spied }, w, true);
  const layout = new Layout(w);
  const surroundings = new Surroundings(real, w, () => {});
  const sightings = new FsSightings(fs, layout, surroundings, sha256Hex, MOST);
  const saw = (path: string, fields: Partial<Sighting> = {}): Sighting => ({
    run_id: "a",
    path,
    state: null,
    seen_at: "2026-11-21T09:00:00.000Z",
    by: "read",
    ...fields,
  });
  const names = (folder: string) => {
    const [name = ""] = namesIn(`${w}/seen/${folder}`);
    return { name, files: namesIn(`${w}/seen/${folder}/${name}`) };
  };
  return { dir, w, fs, layout, sightings, saw, syncs, names };
}

it("Sightings.add() takes the place of what the run saw before, and syncs nothing", async () => {
  const { sightings, saw, syncs, w } = scene();
  await sightings.add(saw("/x"));
  const second = saw("/x", { by: "edit", auto: "claude:a" });
  await sightings.add(second);
  await sightings.add(saw("/x", { run_id: "b" }));
  assertEquals(await sightings.seenBy("a", "/x"), second);
  assertEquals(await sightings.lastEdit("/x"), second);
  assertEquals(await sightings.seenBy("a", "/y"), undefined);
  assertEquals(await sightings.seenBy("c", "/x"), undefined);
  assertEquals(syncs, []);
  assertEquals(namesIn(`${w}/tmp`), []);
});

it("Sightings.stateOf() hashes up to 4 MiB, and sees no file in a folder or in nothing", async () => {
  const { sightings, dir } = scene();
  const path = `${dir}/f`;
  write(path, "abc");
  setMtime(path, 1_000_000_000_000);
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const modified_at = "2001-09-09T01:46:40.000Z";
  assertEquals(await sightings.stateOf(path), { size: 3, modified_at, sha256: abc });
  write(path, new Uint8Array(MAX_HASHED_BYTES));
  assert_((await sightings.stateOf(path))?.sha256 !== null);
  write(path, new Uint8Array(MAX_HASHED_BYTES + 1));
  setMtime(path, 1_000_000_000_000);
  const size = MAX_HASHED_BYTES + 1;
  assertEquals(await sightings.stateOf(path), { size, modified_at, sha256: null });
  assertEquals(await sightings.stateOf(dir), null);
  assertEquals(await sightings.stateOf(`${dir}/none`), null);
});

it("what is torn, of another form or by chance of that name counts as never seen", async () => {
  const { sightings, saw, w, names } = scene();
  await sightings.add(saw("/x"));
  const { name, files: [file = ""] } = names("runs");
  const place = `${w}/seen/runs/${name}/${file}`;
  const whole = saw("/x");
  const others: readonly unknown[] = [
    { ...whole, seen_at: "yesterday" },
    { ...whole, state: { size: 3 } },
    { ...whole, state: undefined },
    { ...whole, by: "touch" },
    { ...whole, path: "/y" },
    { ...whole, run_id: "b" },
    [],
  ];
  for (const text of ["", "\0\0\0", '{"run_id":"a"', ...others.map((it) => JSON.stringify(it))]) {
    write(place, text);
    assertEquals(await sightings.seenBy("a", "/x"), undefined, text);
  }
  write(place, JSON.stringify(whole));
  assertEquals(await sightings.seenBy("a", "/x"), whole);
});

it("a run's sightings are bounded, and the oldest of them go first", async () => {
  const { sightings, saw, w, names } = scene();
  for (let n = 0; n < MOST; n++) await sightings.add(saw(`/${n}`));
  const { name, files } = names("runs");
  assertEquals(files.length, MOST);
  for (const file of files) setMtime(`${w}/seen/runs/${name}/${file}`, Date.now() - 1_000);
  await sightings.add(saw("/0"));
  assertEquals(names("runs").files.length, MOST);
  await sightings.add(saw("/new"));
  assertEquals(names("runs").files.length, MOST * 3 / 4 + 1);
  assert_(await sightings.seenBy("a", "/0") !== undefined, "the newest stay");
});

it("Sightings.forget() takes what a session and its subagents saw, and leaves the edits", async () => {
  const { sightings, saw, w } = scene();
  const runs = ["claude:a", "claude:a/s1", "claude:ab", "claude:a/s2"];
  for (const run_id of runs) await sightings.add(saw("/x", { run_id, auto: run_id, by: "edit" }));
  await sightings.add(saw("/y", { run_id: "claude:a" }));
  const known = async (path: string) => {
    const found = await Promise.all(runs.map((run) => sightings.seenBy(run, path)));
    return found.flatMap((it) => it?.run_id ?? []);
  };
  await sightings.forget("claude:a/s1", "claude:a/s1");
  assertEquals(await known("/x"), ["claude:a", "claude:ab", "claude:a/s2"]);
  await sightings.forget("claude:a", "claude:a");
  assertEquals(await known("/x"), ["claude:ab"]);
  assertEquals(await known("/y"), []);
  assertEquals((await sightings.lastEdit("/x"))?.run_id, "claude:a/s2");
  assertEquals(namesIn(`${w}/seen/runs`).length, 1);
});

it("Sightings.forget() leaves what another session of the same run saw", async () => {
  const { sightings, saw } = scene();
  await sightings.add(saw("/x", { run_id: "R", auto: "claude:a" }));
  await sightings.add(saw("/y", { run_id: "R", auto: "claude:b" }));
  await sightings.forget("R", "claude:a");
  assertEquals(await sightings.seenBy("R", "/x"), undefined);
  assert_(await sightings.seenBy("R", "/y") !== undefined);
});

it("a sweep removes what was seen more than a week ago, and nothing else", async () => {
  const { sightings, saw, w, fs, layout, names } = scene();
  await sightings.add(saw("/x", { by: "edit" }));
  await sightings.add(saw("/y"));
  const { name, files } = names("runs");
  const folder = `${w}/seen/runs/${name}`;
  write(`${folder}/not-ours`, "");
  for (const file of [...files, "not-ours"]) {
    setMtime(`${folder}/${file}`, Date.now() - SIGHTING_MS - 1_000);
  }
  await sightings.add(saw("/y"));
  sweepSightings(fs, layout);
  assertEquals(await sightings.seenBy("a", "/x"), undefined);
  assert_(await sightings.seenBy("a", "/y") !== undefined);
  assert_(await sightings.lastEdit("/x") !== undefined);
  assert_(namesIn(folder).includes("not-ours"));
});

it("nothing is read or written through a link in place of seen/", async () => {
  const { sightings, saw, w, dir } = scene();
  makeSymlink(dir, `${w}/seen`);
  await assertRejects(() => sightings.add(saw("/x")));
  real.fs.remove(`${w}/seen`);
  await sightings.add(saw("/x"));
});
