/**
 * Workspaces that are damaged by chance, in memory, and what must hold of their repair: nothing is removed,
 * each undamaged record is answered as before, and what is left says that it takes time or a person.
 */
import { Layout } from "../../../src/adapters/fs/layout.ts";
import { hostWithin } from "../../../src/adapters/fs/disk/real_folders.ts";
import { checkFiles } from "../../../src/adapters/fs/upkeep/fsck.ts";
import { openFsStore } from "../../../src/adapters/fs/open.ts";
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { contentId } from "../../../src/engine/content_id.ts";
import type { Coord } from "../../../src/engine/coord.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Checked, Damage } from "../../../src/ports/upkeep.ts";
import type { Host, HostFs } from "../../../src/ports/host.ts";
import { moveAll } from "../crash/moving.ts";
import { MemoryFs, type Node } from "../fake/memory_fs.ts";
import type { Random } from "../random.ts";
import { coordOn } from "./over_store.ts";

const real = await detectHost();

const W = "/w/.coord";

/** When damage was done, before now, milliseconds: long enough for no program to be in the middle of it. */
const AGO = 600_000;

function hostOn(fs: HostFs): Host {
  const host = { ...real, fs, env: () => undefined, cwd: () => "/w", watch: unwatched };
  return host;
}

function unwatched(): never {
  throw new Error("Nothing is notified of in memory");
}

/** The operations on a workspace in memory, with what they warned of. */
export function opened(memory: MemoryFs): { coord: Coord; warnings: string[] } {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const store = openFsStore(hostOn(memory.fs), W, Date.now, warn);
  return { coord: coordOn(store, { warn }), warnings };
}

/** Checks a workspace, or repairs it, at an instant by the clock of files. */
export function check(
  memory: MemoryFs,
  repair = false,
  files = checkFiles,
  now = Date.now,
): Promise<Checked> {
  const host = hostWithin(hostOn(memory.fs), W, true);
  const idOf = (record: object) => contentId(record, real.sha256);
  return files(host, new Layout(W), Date.now, { repair, idOf }, { now, pause: async () => {} });
}

/** A workspace without records. */
export function emptyWorkspace(): MemoryFs {
  const memory = new MemoryFs();
  memory.fs.makeDir("/w");
  initWorkspace(hostOn(memory.fs), "/w");
  return memory;
}

/** A workspace with records of every kind. */
export async function soundWorkspace(): Promise<MemoryFs> {
  const memory = emptyWorkspace();
  const { coord: { tasks, queues, reservations, lanes, journal } } = opened(memory);
  const runId = "maker";
  const ids: string[] = [];
  const add = async (title: string, more: object = {}) => {
    const { task_id } = await tasks.enqueue({ title, runId, ...more });
    ids.push(task_id);
    return task_id;
  };
  const done = await add("done", { priority: 9 });
  await tasks.claim({ runId: "A" });
  await tasks.complete({ id: done, runId: "A", result: { n: 1 } });
  moveAll(W, memory.fs, 10_000_000);
  const sealed = await add("sealed", { priority: 9 });
  await tasks.claim({ runId: "A" });
  await tasks.complete({ id: sealed, runId: "A", result: { n: 2 } });
  moveAll(W, memory.fs, 0);
  const failed = await add("failed", { priority: 9 });
  await tasks.claim({ runId: "A" });
  await tasks.fail({ id: failed, runId: "A", error: "no" });
  const logged = await add("logged", { priority: 9 });
  await tasks.claim({ runId: "A" });
  await tasks.complete({ id: logged, runId: "A", result: {} });
  const over = await add("over", { priority: 9 });
  await tasks.cancel({ id: over, runId });
  const again = await add("again", { priority: 9, key: "once" });
  await tasks.claim({ runId: "A" });
  await tasks.fail({ id: again, runId: "A", error: "no" });
  await tasks.requeue({ ids: [again], runId });
  const held = await add("held", { priority: 8 });
  const claim = await tasks.claim({ runId: "B" });
  const mine = "task" in claim ? claim.task.task_id : held;
  await tasks.heartbeat({ id: mine, runId: "B", extension: 4000 });
  await tasks.heartbeat({ id: mine, runId: "B", extension: 5000 });
  await add("pending");
  await tasks.claim({ runId: "T", tag: "x" });
  await add("tagged", { tags: ["x"] });
  await add("needy", { needs: ["gpu"] });
  await add("delayed", { delay: 5000 });
  await add("waits", { after: [mine] });
  await add("keyed", { key: "k", queue: "other" });
  await tasks.enqueueAll([{ title: "one", runId }, { title: "two", runId }]);
  await queues.pause({ queues: ["other"], runId, reason: "why" });
  const a = await reservations.reserve({ addresses: ["src/a.ts"], runId: "A", exclusive: true });
  await reservations.reserve({ addresses: ["src/b.ts", "docs/**"], runId: "B" });
  const c = await reservations.reserve({ addresses: ["src/c.ts"], runId: "C", exclusive: true });
  if (!("reservation_id" in a) || !("reservation_id" in c)) throw new Error("not reserved");
  await reservations.heartbeat({ id: a.reservation_id, runId: "A", extension: 9000 });
  await reservations.release({ id: c.reservation_id, runId: "C" });
  await reservations.intent({ addresses: ["src/d.ts"], runId: "D", operation: "modify" });
  for (const lane of ["api", "web", "ops"]) {
    await lanes.acquire({ lane, owner: lane });
  }
  await journal.compact();
  await lanes.acquire({ lane: "late", owner: "late" });
  await lanes.heartbeat({ lane: "api", owner: "api" });
  for (const { node } of memory.walk("/w")) node.mtimeMs -= AGO;
  return memory;
}

/** What the commands answer: of each task, reservation and lane. */
export async function answers(memory: MemoryFs): Promise<{
  readonly said: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}> {
  const { coord, warnings } = opened(memory);
  const said = new Map<string, string>();
  const add = (kind: string, id: string, value: unknown) =>
    said.set(`${kind} ${id}`, JSON.stringify(value));
  const tasks = await attempt(() => coord.tasks.list({ limit: 100 }));
  for (const task of tasks?.items ?? []) add("task", task.task_id, task);
  const reserved = await attempt(() => coord.reservations.list({ all: true }));
  for (const item of reserved?.reservations ?? []) {
    add("reservation", item.reservation_id, item);
  }
  for (const item of reserved?.intents ?? []) add("intent", item.intent_id, item);
  const live = await attempt(() => coord.lanes.live());
  for (const { lane, holder, fence, tree } of live?.leases ?? []) {
    add("lane", lane, { holder, fence, tree });
  }
  return { said, warnings };
}

const sayings = new WeakMap<MemoryFs, ReadonlyMap<string, string>>();

/** What the commands answer in a workspace that nothing changes. */
async function saidBy(memory: MemoryFs): Promise<ReadonlyMap<string, string>> {
  const said = sayings.get(memory) ?? (await answers(memory.copy())).said;
  sayings.set(memory, said);
  return said;
}

async function attempt<T>(body: () => Promise<T>): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof Error && error.name === "CoordError") return undefined;
    throw error;
  }
}

/** One way of damaging a file. */
type Way = (memory: MemoryFs, path: string, node: Node, random: Random) => void;

function replaced(memory: MemoryFs, path: string, bytes: Uint8Array): void {
  memory.put(path, "file", { bytes, mtimeMs: Date.now() - AGO });
}

/** In place, so that all names of the file are damaged, or by another file under its name. */
function rewrite(memory: MemoryFs, path: string, node: Node, random: Random, bytes: Uint8Array) {
  if (random.chance(0.5)) return replaced(memory, path, bytes);
  node.bytes = bytes;
  node.mtimeMs = Date.now() - AGO;
}

export const WAYS: Readonly<Record<string, Way>> = {
  flipped(memory, path, node, random) {
    const bytes = node.bytes.slice();
    if (bytes.length === 0) return;
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    rewrite(memory, path, node, random, bytes);
  },
  cut(memory, path, node, random) {
    const bytes = node.bytes.slice(0, random.below(node.bytes.length + 1));
    rewrite(memory, path, node, random, bytes);
  },
  noise(memory, path, node, random) {
    const bytes = Uint8Array.from({ length: 1 + random.below(200) }, () => random.below(256));
    rewrite(memory, path, node, random, bytes);
  },
  swapped(memory, path, node, random) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    const files = [...memory.walk(folder)].filter(({ node }) => node.kind === "file");
    const other = random.pick(files);
    const [mine, theirs] = [node.bytes, other.node.bytes];
    replaced(memory, path, theirs);
    replaced(memory, other.path, mine);
  },
  doubled(memory, path, node, random) {
    const digits = Array.from({ length: 64 }, () => random.below(16).toString(16)).join("");
    const name = path.slice(path.lastIndexOf("/") + 1).replace(/[0-9a-f]{64}/, digits);
    replaced(memory, `${path.slice(0, path.lastIndexOf("/"))}/${name}`, node.bytes);
  },
  foreign(memory, path) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    replaced(memory, `${folder}/notes.json`, new TextEncoder().encode("{}\n"));
    replaced(memory, `${folder}/README`, new TextEncoder().encode("# other\n"));
  },
  linked(memory, path) {
    memory.put(path, "symlink", { target: "/w", mtimeMs: Date.now() - AGO });
  },
  folder(memory, path) {
    memory.put(path, "directory", { mtimeMs: Date.now() - AGO });
  },
  special(memory, path) {
    memory.put(path, "other", { mtimeMs: Date.now() - AGO });
  },
  denied(_memory, _path, node) {
    node.isDenied = true;
  },
  removed(memory, path) {
    if (path.startsWith(`${W}/index/`) || /addresses\/.*-/.test(path)) memory.fs.remove(path);
  },
};

/** What was damaged: a file, and how. */
export interface Harm {
  readonly path: string;
  readonly way: string;
}

/** Damages up to four files. */
export function damage(memory: MemoryFs, random: Random): Harm[] {
  const harms: Harm[] = [];
  for (let count = 1 + random.below(4); count > 0; count--) {
    const all = [...memory.walk(W)].filter(({ path, node }) =>
      node.kind === "file" && !/\/(format|\.gitignore)$/.test(path)
    );
    const folders = [...new Set(all.map(({ path }) => path.split("/", 4).join("/")))];
    const below = random.pick(folders);
    if (random.chance(0.03)) {
      WAYS[random.pick(["linked", "special"])]?.(memory, below, memory.root, random);
      harms.push({ path: below.slice(W.length + 1), way: "a whole folder" });
      continue;
    }
    const { path, node } = random.pick(all.filter(({ path }) => path.startsWith(below)));
    const way = random.pick(Object.keys(WAYS));
    WAYS[way]?.(memory, path, node, random);
    harms.push({ path: path.slice(W.length + 1), way });
  }
  return harms;
}

/** The nodes that a workspace has, by their numbers. */
function nodesIn(memory: MemoryFs): Set<number> {
  const nodes = new Set<number>();
  for (const { path, node } of memory.walk(W)) {
    const isNote = /^\/w\/\.coord\/(index|tmp)\/|\.lock\//.test(path);
    if (node.kind !== "directory" && !isNote) nodes.add(node.ino);
  }
  return nodes;
}

/** What is wrong with the repair of a damaged workspace; nothing when all is as it must be. */
export async function problemsOfRepair(
  sound: MemoryFs,
  damaged: MemoryFs,
  harms: readonly Harm[],
  files = checkFiles,
): Promise<string[]> {
  const problems: string[] = [];
  const before = await answers(damaged);
  const found = (await check(damaged, false, files)).damages;
  for (const warning of before.warnings) {
    if (!isKnown(warning, found)) problems.push(`a command warns, and it is not found: ${warning}`);
  }
  const [only] = harms;
  if (harms.length === 1 && only !== undefined && found.length === 0) {
    // An end leaves entries that no process needs; of a claim the name says all that counts.
    const isHarmless = only.way === "removed" ||
      only.way === "flipped" && /^index\/due\/.*_[1-9]\d*_\d+_\w+$/.test(only.path);
    const isOther = contentOf(damaged, only.path) !== contentOf(sound, only.path);
    if (!isHarmless && isDerived(only.path) && isOther && !isRecordToo(damaged, only.path)) {
      problems.push(`${only.path} is not what it was, and nothing is found`);
    }
  }
  const kept = nodesIn(damaged);
  const { damages } = await check(damaged, true, files);
  const left = damages.filter(({ repaired }) => repaired === undefined);
  for (const ino of lost(kept, damaged)) problems.push(`file ${ino} was removed`);
  for (const { file, remedy, reason } of left) {
    if (remedy === "repair") problems.push(`${file} ${reason}: it was not mended`);
  }
  const again = (await check(damaged, true, files)).damages;
  for (const { file, reason } of again) {
    if (!left.some((known) => withoutVersion(known.file) === withoutVersion(file))) {
      problems.push(`${file} ${reason}: it is found after the repair`);
    }
  }
  const said = await saidBy(sound);
  const after = await answers(damaged);
  for (const warning of after.warnings) {
    if (!isKnown(warning, left)) problems.push(`a command warns after the repair: ${warning}`);
  }
  for (const [id, answer] of said) {
    if (isHarmed(id, harms, sound) || before.said.get(id) !== answer) continue;
    if (after.said.get(id) !== answer) {
      problems.push(`${id} was ${answer} and is ${after.said.get(id)}`);
    }
  }
  for (const [id, answer] of before.said) {
    const isHeld = /^(lane|reservation) /.test(id);
    if (isHeld && after.said.get(id) !== answer) {
      problems.push(`${id} was ${answer} before the repair, and is ${after.said.get(id)}`);
    }
  }
  return problems;
}

/** Whether it is an entry of an index over tasks. */
function isDerived(path: string): boolean {
  return /^index\/(ready|tagged|due|after)\/.*[0-9a-f]{64}[^/]*$/.test(path);
}

function contentOf(memory: MemoryFs, path: string): string {
  const { kind, bytes } = memory.find(`${W}/${path}`) ?? {};
  return `${kind} ${new TextDecoder("latin1").decode(bytes).trimEnd()}`;
}

/** Whether an entry of an index is the file of its record, which says by itself whether it is damaged. */
function isRecordToo(memory: MemoryFs, path: string): boolean {
  const ino = memory.find(`${W}/${path}`)?.ino;
  return [...memory.walk(W)].some(({ path: other, node }) =>
    node.ino === ino && !isDerived(other.slice(W.length + 1))
  );
}

/** A segment that was made again has the next version, and a batch the next turn. */
function withoutVersion(file: string): string {
  return file.replace(/\.\d+\.ndjson$/, "").replace(/(batches\/[^.]*)[^/]*/, "$1");
}

function lost(kept: ReadonlySet<number>, memory: MemoryFs): number[] {
  const there = new Set<number>();
  for (const { node } of memory.walk(W)) there.add(node.ino);
  return [...kept].filter((ino) => !there.has(ino));
}

function isKnown(warning: string, damages: readonly Damage[]): boolean {
  return damages.some(({ file, reason }) =>
    warning.includes(file) || reason.includes(warning.split(": skipped")[0] ?? "")
  );
}

/** Whether damage was done to what an answer rests on. */
function isHarmed(id: string, harms: readonly Harm[], sound: MemoryFs): boolean {
  const stem = id.split(":").at(-1) ?? "";
  return harms.some(({ path, way }) => {
    const isShared = /^(lanes|tasks\/segments|tasks\/batches)\//.test(path) ||
      way === "a whole folder";
    const folder = path.slice(0, path.lastIndexOf("/"));
    const isIn = path.includes(stem) ||
      way === "swapped" &&
        [...sound.walk(`${W}/${folder}`)].some((each) => each.path.includes(stem));
    return isShared || isIn;
  });
}
