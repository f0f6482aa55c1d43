/** Real pipes and real signals, on the runtime that runs the test. */
import { openWorkspace } from "../../mod.ts";
import { detectHost } from "../../src/host/detect.ts";
import { assert_, assertEquals, itIf } from "../deps.ts";
import { shell } from "../support/program/posix_shell.ts";
import { workspace } from "../support/scene/workspace.ts";

const onPosix = itIf((await detectHost()).os !== "windows", "it needs a POSIX shell");

/** A workspace on real time with one task of some size. */
async function scene(size = 1) {
  const { dir } = await workspace();
  const coord = await openWorkspace({ dir });
  await coord.tasks.enqueue({ title: "x", runId: "p", payload: { text: "y".repeat(size) } });
  return { dir, coord };
}

onPosix("coord claim | : gives the task back and ends with 0", async () => {
  for (const flags of ["", "--json"]) {
    const { dir, coord } = await scene();
    const script = `{ coord claim --run-id a ${flags}; echo $? >&2; } | :`;
    const { err } = await shell(dir, script).ended;
    const { claimed } = await coord.tasks.list();
    assertEquals({ err, claimed }, { err: "0\n", claimed: 0 }, flags);
  }
});

onPosix("coord reserve | : and coord lane acquire | : release what they got", async () => {
  const { dir, coord } = await scene();
  const reserve = "{ coord reserve src --exclusive --run-id a; echo $? >&2; } | :";
  const acquire = "{ coord lane acquire src --lane api --owner a; echo $? >&2; } | :";
  assertEquals((await shell(dir, reserve).ended).err, "0\n");
  assertEquals((await shell(dir, acquire).ended).err, "0\n");
  assertEquals(
    { reserved: (await coord.reservations.list()).live, leased: (await coord.lanes.live()).live },
    { reserved: 0, leased: 0 },
  );
});

onPosix("coord claim | head -1 keeps its task, however much follows the line", async () => {
  for (const size of [1, 60_000]) {
    for (const flags of ["", "--json"]) {
      const { dir, coord } = await scene(size);
      const script = `{ coord claim --run-id a ${flags}; echo $? >&2; } | head -1`;
      const { out, err } = await shell(dir, script).ended;
      assertEquals({ err, lines: out.split("\n").length }, { err: "0\n", lines: 2 });
      assertEquals((await coord.tasks.list()).claimed, 1, `${size} ${flags}`);
    }
  }
});

onPosix("coord claim without a standard output gives its task back", async () => {
  const { dir, coord } = await scene();
  const { err } = await shell(dir, "coord claim --run-id a >/dev/full; echo $? >&2").ended;
  assert_(err.endsWith("3\n"), err);
  assertEquals((await coord.tasks.list()).claimed, 0);
});

onPosix(
  "coord claim --wait that is ended by SIGTERM answers empty or its task, and never both",
  async () => {
    for (const delay of [0, 1, 3, 6]) {
      const { dir } = await workspace();
      const coord = await openWorkspace({ dir });
      const call = "exec coord claim --run-id a --wait 60 --json";
      const { terminate, waits, ended } = shell(dir, call);
      await waits();
      await coord.tasks.enqueue({ title: "x", runId: "p" });
      await new Promise((resolve) => setTimeout(resolve, delay));
      terminate();
      const { code, out, err } = await ended;
      const { claimed } = await coord.tasks.list();
      const { status } = JSON.parse(out);
      const expected = status === "claimed"
        ? { code: 0, claimed: 1, err: "" }
        : { code: 1, claimed: 0, err: "" };
      // A signal that comes after the answer ends the process itself.
      const said = { code: code ?? expected.code, claimed, err };
      assertEquals(said, expected, `${status} after ${delay} ms`);
    }
  },
);
