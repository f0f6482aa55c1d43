import { initWorkspace, Layout } from "../../src/adapters/fs/layout.ts";
import { formatProblem, WORKSPACE_FORMAT } from "../../src/domain/version.ts";
import { detectHost } from "../../src/host/detect.ts";
import { openFilesOn } from "../../src/workspace/open.ts";
import { assertEquals, assertThrows, it } from "../deps.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const host = await detectHost();
const { fs } = host;

/** Shortly after the workspace of version 0.1.0 was made. */
const NOW = Date.parse("2026-11-28T18:40:00.000Z");

/** The workspace that version 0.1.0 made, and left to us. */
function oldWorkspace() {
  const project = makeTempDir();
  const url = new URL("./workspace_0_1_0.json", import.meta.url);
  const path = decodeURIComponent(url.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
  const files: Record<string, string> = JSON.parse(new TextDecoder().decode(fs.read(path)));
  for (const [name, text] of Object.entries(files)) {
    const file = `${project}/.coord/${name}`;
    fs.makeDir(file.slice(0, file.lastIndexOf("/")));
    if (!name.endsWith("/")) fs.createNew(file, new TextEncoder().encode(text));
  }
  return openFilesOn(host, { dir: project, clock: () => NOW });
}

it("a workspace of version 0.1.0 works on: queue, reservations and lanes", async () => {
  const coord = oldWorkspace();
  const { total, pending, claimed, completed } = await coord.tasks.list();
  assertEquals({ total, pending, claimed, completed }, {
    total: 3,
    pending: 1,
    claimed: 1,
    completed: 1,
  });
  const next = await coord.tasks.claim({ runId: "new" });
  assertEquals(next.status === "claimed" && next.task.title, "pending task");
  const none = await coord.tasks.claim({ runId: "new" });
  assertEquals(none.status, "empty");

  const lock = { addresses: ["src/a.ts"], runId: "new", exclusive: true };
  const refused = await coord.reservations.reserve(lock);
  assertEquals(refused.status === "conflict" && refused.conflicts[0]?.run_id, "a1");
  const { reservations, intents } = await coord.reservations.list();
  assertEquals([reservations.map(({ run_id }) => run_id), intents.length], [["a1", "a2"], 1]);
  const [held] = reservations;
  await coord.reservations.release({ id: held?.reservation_id ?? "", runId: "a1" });
  assertEquals((await coord.reservations.reserve(lock)).status, "reserved");

  const blocked = await coord.lanes.acquire({ tree: ["src/api/x.ts"], owner: "new" });
  assertEquals(blocked.status, "refused");
  assertEquals((await coord.lanes.release({ lane: "api", owner: "a3" })).status, "released");
  const granted = await coord.lanes.acquire({ tree: ["src/api/x.ts"], owner: "new" });
  assertEquals(granted.status === "acquired" && granted.fence > 1, true);
});

it("a workspace of a newer format is refused, and one that a crash left without is not", () => {
  const project = makeTempDir();
  const { path } = initWorkspace(host, project);
  const format = `${new Layout(path).root}/format`;
  assertEquals(new TextDecoder().decode(fs.read(format)), `${WORKSPACE_FORMAT}\n`);
  openFilesOn(host, { dir: project });
  const write = (text: string) => {
    fs.remove(format);
    fs.createNew(format, new TextEncoder().encode(text));
  };
  write("");
  openFilesOn(host, { dir: project });
  write(`${WORKSPACE_FORMAT + 1}\n`);
  assertThrows(
    () => openFilesOn(host, { dir: project }),
    Error,
    "a newer version of coord is needed",
  );
});

it("formatProblem() takes numbers up to the program's own", () => {
  const isFine = (text: string) => formatProblem(text) === undefined;
  assertEquals(["1\n", "1", "", "\n"].map(isFine), [true, true, true, true]);
  assertEquals(["2\n", "10", "-1", "1.5", "one", "1 2"].map(isFine), Array(6).fill(false));
});
