/** The example of two hosts loses no task, though one of them is cut off. */
import { openWorkspace } from "../../mod.ts";
import { assertEquals, itIf } from "../deps.ts";
import { newSpace, noServer } from "../support/postgres.ts";
import { project } from "../support/program/project.ts";

const HOSTS = new URL("../../examples/hosts.sh", import.meta.url).pathname;
const reason = noServer();

itIf(reason === undefined, reason ?? "")(
  "of two hosts with one data base one does what the other had when it was cut off",
  async () => {
    const store = await newSpace();
    const { run, folder } = project();
    const { code, output } = await run("sh", [HOSTS], { COORD_STORE: store });
    assertEquals({ code, output }, { code: 0, output: "24 of 24 tasks are done\n" });
    await using coord = await openWorkspace({ dir: folder, store });
    const { completed, total } = await coord.tasks.list();
    assertEquals([completed, total], [24, 24]);
  },
);
