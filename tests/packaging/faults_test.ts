/**
 * The executable with a fault at each of its system calls on a workspace: it is killed before the
 * call, or the call fails. What it has acknowledged is there, all else is whole or absent, and
 * another process goes on.
 */
import { bundle } from "../../scripts/compile/bundle.ts";
import { bunPath } from "../../scripts/support/toolchain.ts";
import { COMMANDS } from "../../src/commands/registry.ts";
import { assert_, assertEquals, it, itIf } from "../deps.ts";
import { playClean, playFault } from "../support/faults/judge.ts";
import { AS_OTHERS, type Row, ROWS, WRITES_NO_RECORD } from "../support/faults/rows.ts";
import { makeScene } from "../support/faults/scene.ts";
import { type Point, pointsOf } from "../support/faults/strace.ts";
import { isHeavy, sized } from "../support/length.ts";
import { ownExecutable } from "../support/program/built.ts";
import { itWith } from "../support/program/programs.ts";
import { newSeed, sample } from "../support/random.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const ROOT = `${import.meta.dirname}/../..`;
const itTraced = isHeavy() ? itWith("strace") : itIf(false, "it traces, only with COORD_HEAVY=1");

/** Which part of the faults is tried; the long run tries all. */
const PART = sized(0, 1 / 12, 1);

/** As many are tried at least, about, also of a command that makes few calls. */
const LEAST = 12;

/** Faults at the same time. */
const WORKERS = 2;

/** How often a fault is tried that met no call on the workspace: start-ups differ a little. */
const TRIES = 3;

/** A scene is made again after this time: what it has ends after hours. */
const SCENE_MS = 120_000;

const random = newSeed("faults of the executable");

it("each command that writes records has its faults tried", () => {
  const known = new Set([...ROWS.map(({ verb }) => verb), ...WRITES_NO_RECORD, ...AS_OTHERS]);
  assertEquals(Object.keys(COMMANDS).filter((name) => !known.has(name)), []);
});

/** Plays some faults of a command, and returns what is wrong. */
async function findings(
  program: readonly string[],
  row: Row,
  isMeant: (point: Point) => boolean,
  part: number,
): Promise<{ found: string[]; played: number }> {
  let scene = await makeScene();
  let madeAt = performance.now();
  const clean = await playClean(program, row, scene);
  const all = pointsOf(clean.traced).filter(isMeant);
  const points = sample(all, Math.max(part, LEAST / all.length), random);
  const found: string[] = [];
  let played = 0;
  for (let at = 0; at < points.length; at += WORKERS) {
    if (performance.now() - madeAt > SCENE_MS) {
      scene = await makeScene();
      madeAt = performance.now();
    }
    await Promise.all(
      points.slice(at, at + WORKERS).map(async (point) => {
        for (let tries = 0; tries < TRIES; tries++) {
          const problems = await playFault(program, row, scene, clean, point);
          if (problems === undefined) continue;
          played++;
          found.push(...problems.map((text) => `${JSON.stringify(point)}: ${text}`));
          return;
        }
      }),
    );
  }
  return { found, played };
}

for (const row of ROWS) {
  itTraced(`a fault at any system call of: coord ${row.args.join(" ")}`, async () => {
    const program = [await ownExecutable()];
    const { found, played } = await findings(program, row, () => true, PART);
    assert_(played > 0, "no fault met the workspace");
    assertEquals(found, []);
  });
}

/** A change of the program's text, and where it shows. */
interface Planted {
  readonly name: string;
  /** The command that shows it. */
  readonly verb: string;
  readonly from: string;
  readonly to: string;
  readonly faults: (point: Point) => boolean;
}

const PLANTED: readonly Planted[] = [
  {
    name: "a record gets its name before it is written",
    verb: "enqueue",
    from: "nodeFs.linkSync(from, to);",
    to: `nodeFs.writeFileSync(to, nodeFs.readFileSync(from), { flag: "wx" });`,
    faults: ({ fault, call }) => fault === "SIGKILL" && call === "write",
  },
  {
    name: "what an agent saw is acknowledged before it is written",
    verb: "seen",
    from: "nodeFs.renameSync(from, to);",
    to: `globalThis.process.on("exit", () => nodeFs.renameSync(from, to));`,
    faults: ({ fault, call }) => fault === "SIGKILL" && call === "rename",
  },
  {
    name: "a failed write counts as done",
    verb: "enqueue",
    from: `nodeFs.closeSync(fd);
          fs2.remove(path2);
          throw hostError(error2, "write", path2);`,
    to: "",
    faults: ({ fault, call }) => fault === "ENOSPC" && call === "write",
  },
];

itTraced("a program with a planted fault is found", async () => {
  const bun = await bunPath();
  const text = Deno.readTextFileSync(await bundle(ROOT, makeTempDir(), { split: false }));
  for (const { name, verb, from, to, faults } of PLANTED) {
    const row = ROWS.find((each) => each.verb === verb);
    assert_(row);
    assertEquals(text.split(from).length, 2, `${name}: the text to replace occurs once`);
    const path = `${makeTempDir()}/cli.mjs`;
    Deno.writeTextFileSync(path, text.replace(from, () => to));
    const { found } = await findings([bun, path], row, faults, 1);
    assert_(found.length > 0, `${name}: it was not found`);
  }
});
