/** A fleet at work with the executable for a while, with processes that are killed and stopped. */
import { soak } from "../../scripts/soak/soak.ts";
import { assertEquals, assertMatch, itIf } from "../deps.ts";
import { isHeavy, sized } from "../support/length.ts";
import { ownExecutable } from "../support/program/built.ts";
import { newSeed } from "../support/random.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const random = newSeed("soak");
const able = isHeavy() && Deno.build.os === "linux";
const itHeavy = itIf(able, "it works for minutes, only with COORD_HEAVY=1 on Linux");

async function play(program: readonly string[], seconds: number) {
  return await soak({ program, dir: makeTempDir(), seconds, random: () => random.next() });
}

itHeavy("a fleet loses no task and grows without bound in nothing", async () => {
  const { problems, counts } = await play([await ownExecutable()], sized(0, 50, 600));
  console.log(JSON.stringify(counts));
  assertEquals(problems, []);
});

itHeavy("soak() finds holds that overlap, and tasks that are lost", async () => {
  const program = `${makeTempDir()}/faulty`;
  Deno.writeTextFileSync(
    program,
    `#!/bin/sh
coord='${await ownExecutable()}'
case "$1" in
  with) shift; exec "$coord" with --notice "$@" ;;
  enqueue) echo "sha256:$(od -An -N32 -v -tx1 /dev/urandom | tr -d ' \\n')" ;;
  *) exec "$coord" "$@" ;;
esac
`,
    { mode: 0o755 },
  );
  const { problems } = await play([program], 15);
  assertMatch(problems.join("\n"), /^\d+ tasks were never done/m);
  assertMatch(problems.join("\n"), /^exclusive holds overlap: hot-/m);
});
