import { RecordWatch } from "../../../../src/adapters/fs/watch/record_watch.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { type DirHint, type Host, HostError } from "../../../../src/ports/host.ts";
import { assertEquals, assertThrows, it } from "../../../deps.ts";

const real = await detectHost();

/** A watch of two folders, and what the platform says and was asked. */
function bench() {
  const state = { open: 0, started: 0, dirs: [] as readonly string[], refuses: false };
  let hint = (_: DirHint) => {};
  let fail = (_: unknown) => {};
  const host: Host = {
    ...real,
    watch(dirs, onHint, onError) {
      if (state.refuses) throw new HostError("limit", "watch", "/w");
      Object.assign(state, { open: state.open + 1, started: state.started + 1, dirs });
      [hint, fail] = [onHint, onError];
      return { close: () => void state.open-- };
    },
  };
  const watch = new RecordWatch(host, ["/w/a", "/w/b"]);
  const heard: string[] = [];
  const listen = (stem: string, as = stem) =>
    watch.listen(stem, () => heard.push(as), () => heard.push(`${as} failed`));
  const name = (name: string | undefined) => hint({ dir: "/w/a", name });
  return { state, heard, listen, name, fail: (error: unknown) => fail(error) };
}

it("RecordWatch wakes those alone whose record's name changes, and all when names are lost", () => {
  const { heard, listen, name, state } = bench();
  listen("abc");
  listen("abcd");
  for (const each of ["abc.json", "abcd.json", "abc.7", "ab.json", "other.json", "abc"]) name(each);
  name(undefined);
  assertEquals(heard, ["abc", "abcd", "abc", "abc", "abcd"]);
  assertEquals(state, { open: 1, started: 1, dirs: ["/w/a", "/w/b"], refuses: false });
});

it("RecordWatch is one watch for all who listen, and ends with the last of them", () => {
  const { heard, listen, name, state } = bench();
  const [one, two] = [listen("abc", "one"), listen("abc", "two")];
  one.close();
  one.close();
  name("abc.json");
  assertEquals({ heard, open: state.open }, { heard: ["two"], open: 1 });
  two.close();
  assertEquals(state.open, 0);
  listen("abc", "three");
  name("abc.json");
  assertEquals({ heard, started: state.started }, { heard: ["two", "three"], started: 2 });
});

it("RecordWatch notifies every listener once that notification broke off, and can start again", () => {
  const { heard, listen, fail, name, state } = bench();
  const [one] = [listen("abc"), listen("abd")];
  fail(new Error("gone"));
  assertEquals(heard, ["abc failed", "abd failed"]);
  one.close();
  listen("abe");
  name("abe.json");
  assertEquals({ last: heard.at(-1), started: state.started }, { last: "abe", started: 2 });
});

it("RecordWatch throws where notification cannot be had, and keeps nothing of it", () => {
  const { listen, state, heard, name } = bench();
  state.refuses = true;
  assertThrows(() => listen("abc"), HostError);
  state.refuses = false;
  listen("abd");
  name("abc.json");
  assertEquals(heard, []);
});
