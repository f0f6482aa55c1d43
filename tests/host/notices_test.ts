/** What the kernel notes of directories until it is asked. */
import { detectHost } from "../../src/host/detect.ts";
import { assert_, assertEquals, itIf } from "../deps.ts";
import {
  makeFolder,
  makeSymlink,
  makeTempDir,
  removeTree,
  writeOver,
} from "../support/scene/scratch.ts";

const { fs, notices, os, runtime, pid } = await detectHost();
const itNotes = itIf(os === "linux" && runtime !== "node", "inotify is Linux', by Deno or Bun");

/** Directories that are noted, below a new one. */
async function noted(...names: readonly string[]) {
  const root = makeTempDir();
  const dirs = names.map((name) => `${root}/${name}`);
  dirs.forEach(makeFolder);
  const taken = await notices?.(dirs);
  assert_(taken !== undefined, "the kernel notes nothing");
  const take = () => taken.take()?.map(({ dir, name }) => `${dir.slice(root.length + 1)}/${name}`);
  return { root, take, close: () => taken.close() };
}

/** Open files of this process. */
function descriptors(): number {
  return fs.list(`/proc/${pid}/fd`)?.length ?? 0;
}

itNotes(
  "notices() has each change of a name in a directory, in order, and none twice",
  async () => {
    const { root, take, close } = await noted("a", "b");
    assertEquals(take(), []);
    writeOver(`${root}/outside`, "1");
    const none = new Uint8Array();
    fs.createNew(`${root}/a/created`, none);
    fs.link(`${root}/outside`, `${root}/b/linked`);
    fs.rename(`${root}/outside`, `${root}/a/moved in`);
    fs.remove(`${root}/b/linked`);
    fs.rename(`${root}/a/moved in`, `${root}/outside`);
    makeFolder(`${root}/b/folder`);
    const [made, written, ...others] = take() ?? [];
    assertEquals([made, written], ["a/created", "a/created"]);
    assertEquals(others, ["b/linked", "a/moved in", "b/linked", "a/moved in", "b/folder"]);
    assertEquals(take(), []);
    writeOver(`${root}/a/created`, "in place");
    assertEquals(new Set(take()), new Set(["a/created"]));
    writeOver(`${root}/b/folder/inside`, "");
    fs.list(`${root}/a`);
    fs.read(`${root}/a/created`);
    assertEquals(take(), [], "what is read or lies deeper is no change");
    close();
    assertEquals(take(), undefined);
    close();
  },
);

itNotes("notices() has names as they are, however many there are at once", async () => {
  const { root, take, close } = await noted("a");
  const long = "\u7a0e".repeat(85);
  // The kernel hands them out in a buffer, of which these fill several.
  const many = Array.from({ length: 2_000 }, (_, n) => `${n}-${long}`.slice(0, 80));
  const names = ["\u00fc \u{1f680} .json", long, "x".repeat(255), ...many];
  for (const name of names) fs.createNew(`${root}/a/${name}`, new Uint8Array());
  const found = take() ?? [];
  assertEquals([...new Set(found)], names.map((name) => `a/${name}`));
  close();
});

itNotes(
  "notices() says that it does not know what happened where the kernel dropped some",
  async () => {
    const { root, take, close } = await noted("a");
    const most = Number(
      new TextDecoder().decode(fs.read("/proc/sys/fs/inotify/max_queued_events")),
    );
    const none = new Uint8Array();
    for (let n = 0; n <= most / 2; n++) {
      fs.createNew(`${root}/a/${n}`, none);
      fs.remove(`${root}/a/${n}`);
    }
    assertEquals([take(), take()], [undefined, undefined]);
    close();
  },
);

itNotes("notices() says that it does not know what happened once a directory went", async () => {
  for (const go of [removeTree, (path: string) => fs.rename(path, `${path}.old`)]) {
    const { root, take, close } = await noted("a", "b");
    go(`${root}/b`);
    makeFolder(`${root}/b`);
    writeOver(`${root}/b/new`, "");
    assertEquals([take(), take()], [undefined, undefined]);
    close();
  }
});

itNotes(
  "notices() has none of a link or of what is no directory, and gives back what it took",
  async () => {
    const root = makeTempDir();
    makeFolder(`${root}/a`);
    writeOver(`${root}/file`, "");
    makeSymlink(`${root}/a`, `${root}/link`);
    const before = descriptors();
    for (let n = 0; n < 50; n++) {
      for (const other of ["missing", "file", "link"]) {
        assertEquals(await notices?.([`${root}/a`, `${root}/${other}`]), undefined, other);
      }
      const taken = await notices?.([`${root}/a`]);
      taken?.close();
      taken?.close();
    }
    assert_(descriptors() < before + 50, `${before} open files became ${descriptors()}`);
  },
);

itIf(runtime === "deno", "permissions are Deno's")(
  "notices() has none where that is not allowed",
  async () => {
    const host = new URL("../../src/host/deno.ts", import.meta.url).href;
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const script = `${makeTempDir()}/script.ts`;
    const line =
      `import { denoHost } from "${host}"; console.log(await denoHost.notices?.(["/"]));`;
    writeOver(script, line);
    const allowed = ["--allow-read", "--allow-env", "--allow-sys"];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", `--config=${config}`, ...allowed, script],
      stdin: "null",
    }).output();
    const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals([code, said], [0, "undefined\n"], complained);
  },
);
