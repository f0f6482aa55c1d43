/** What a process may not read is not absent, and what it may not write it can still read. */
import { main } from "../../../src/cli/main.ts";
import { assert_, assertEquals, itIf } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { makeTempDir, removeTree, setMode, setMtime } from "../../support/scene/scratch.ts";
import { coordWithoutRights, whyNot } from "../../support/program/unprivileged.ts";

const why = whyNot();
const it = itIf(why === undefined, why ?? "");
const { fs } = fakeHost();

/** A workspace, and the command line with all rights and with none but those that modes give. */
async function scene() {
  const dir = makeTempDir();
  const w = `${dir}/.coord`;
  const own = async (...args: string[]) => {
    const host = fakeHost({ args: [...args, "--json"], cwd: dir });
    const code = await main(host);
    return { code, ...JSON.parse(host.out.trim().split("\n").at(-1) ?? "") };
  };
  const other = (...args: string[]) => {
    const { code, out, err } = coordWithoutRights(dir, ...args, "--json");
    const last = out.trim().split("\n").at(-1) ?? "";
    return { code, err, ...(last === "" ? {} : JSON.parse(last)) };
  };
  await own("init");
  const lock = (name: string) => setMode(`${w}/${name}`, 0o000);
  return { dir, w, own, other, lock };
}

/** The modes of everything in a workspace for a user who may read and not write. */
function makeReadOnly(path: string): void {
  for (const { name, isDirectory } of fs.list(path) ?? []) {
    if (isDirectory) makeReadOnly(`${path}/${name}`);
    else setMode(`${path}/${name}`, 0o444);
  }
  setMode(path, 0o555);
}

it("a claim that may not be read is not handed out again without the index", async () => {
  const { w, own, other, lock } = await scene();
  const { task_id } = await own("enqueue", "one", "--run-id", "p");
  await own("claim", "--run-id", "a");
  const name = `claims/${task_id.slice(7)}.json`;
  lock(name);
  setMtime(`${w}/${name}`, Date.now() - 600_000);
  removeTree(`${w}/index`);
  const claim = other("claim", "--run-id", "b");
  assertEquals(
    { code: claim.code, status: claim.status, reason: claim.reason, errno: claim.errno },
    { code: 3, status: "io_error", reason: "permission", errno: "EACCES" },
  );
  for (const verb of ["complete", "cancel-task"]) {
    assertEquals(other(verb, task_id, "--run-id", "b").status, "io_error", verb);
  }
  // What may be read is handed out all the same.
  const { task_id: second } = await own("enqueue", "two", "--run-id", "p");
  assertEquals(other("claim", "--run-id", "b").task_id, second);
});

it(
  "a task that may not be read does not make a queue empty, nor hide others",
  async () => {
    const { own, other, lock } = await scene();
    const { task_id: first } = await own("enqueue", "one", "--run-id", "p", "--priority", "9");
    const { task_id: second } = await own("enqueue", "two", "--run-id", "p");
    lock(`tasks/${first.slice(7)}.json`);
    const claim = other("claim", "--run-id", "b");
    assertEquals({ code: claim.code, task_id: claim.task_id }, { code: 0, task_id: second });
    assert_(claim.warnings.some((text: string) => text.includes(first.slice(7))));
    assertEquals(other("claim", "--run-id", "b").status, "io_error");
    const { code, total, warnings } = other("tasks");
    assertEquals({ code, total }, { code: 0, total: 1 });
    assert_(warnings[0].includes("permission denied (EACCES)"), warnings[0]);
  },
);

it("an exclusive reservation that may not be read is not overlooked", async () => {
  for (const isIndexed of [true, false]) {
    const { w, own, other, lock } = await scene();
    const held = await own("reserve", "src", "--exclusive", "--run-id", "a");
    lock(`reservations/${held.reservation_id.slice(7)}.json`);
    if (!isIndexed) {
      for (const folder of ["reservations/addresses", "reservations/order", "index"]) {
        removeTree(`${w}/${folder}`);
      }
    }
    const refused = other("reserve", "src/a.ts", "--exclusive", "--run-id", "b");
    assertEquals(
      { code: refused.code, status: refused.status, reason: refused.reason },
      { code: 3, status: "io_error", reason: "permission" },
    );
    const { code, warnings } = other("list");
    assertEquals(code, 0);
    assert_(warnings[0].includes("EACCES"), warnings[0]);
  }
});

it("a folder that may not be read is no empty folder", async () => {
  const verbs = {
    tasks: ["claim", "--run-id", "b"],
    claims: ["claim", "--run-id", "b"],
    releases: ["gc"],
    "reservations/addresses": ["reserve", "src", "--exclusive", "--run-id", "b"],
  };
  for (const [folder, args] of Object.entries(verbs)) {
    const { w, own, other } = await scene();
    await own("enqueue", "one", "--run-id", "p");
    await own("claim", "--run-id", "a");
    await own("reserve", "src", "--exclusive", "--run-id", "a");
    setMode(`${w}/${folder}`, 0o000);
    assertEquals(other(...args).status, "io_error", folder);
    for (const listing of [["tasks"], ["list"], ["status"], ["watch", "--once"]]) {
      const { code, err } = other(...listing);
      assertEquals(code, 0, `${listing} with ${folder}: ${err}`);
    }
    setMode(`${w}/${folder}`, 0o700);
  }
});

it("a journal that may not be read refuses lanes, and a listing says so", async () => {
  const { own, other, lock } = await scene();
  await own("lane", "acquire", "api", "--lane", "api", "--owner", "a");
  lock("lanes/lane-journal.jsonl");
  const refused = other("lane", "acquire", "--lane", "api", "--owner", "b");
  assertEquals({ code: refused.code, status: refused.status }, { code: 3, status: "io_error" });
  for (const verb of ["status", "lane live"]) {
    const { code, warnings } = other(...verb.split(" "));
    assertEquals(code, 0, verb);
    assert_(warnings.some((text: string) => text.includes("lane-journal.jsonl")), verb);
  }
});

it(
  "a reader without the right to write gets every answer, old batches or not",
  async () => {
    const { w, own, other } = await scene();
    await own("enqueue", "single", "--run-id", "p");
    const lines = Array.from({ length: 12 }, (_, n) => `task ${n}`).join("\n");
    await main(fakeHost({ args: ["enqueue", "--stdin", "--run-id", "p", "-C", w], stdin: lines }));
    const { task_id } = await own("claim", "--run-id", "a");
    const { reservation_id } = await own("reserve", "src", "--run-id", "a", "--exclusive");
    await own("heartbeat", reservation_id, "--run-id", "a");
    await own("lane", "acquire", "api", "--lane", "api", "--owner", "a");
    for (const { name } of fs.list(`${w}/tasks/batches`) ?? []) {
      setMtime(`${w}/tasks/batches/${name}`, Date.now() - 600_000);
    }
    for (const isWhole of [true, false]) {
      // Folders that no command needs yet need not be there.
      if (!isWhole) {
        for (const name of ["intents", "dependencies", "tmp"]) {
          removeTree(`${w}/${name}`);
        }
      }
      makeReadOnly(w);
      const reading = !isWhole ? ["tasks", "list", "status", "watch --once"] : [
        ...["tasks", "list", "status", "watch --once", "forecast", "reconcile", "lane live", "gc"],
        ...["lane check --lane api --fence 1", "lane arbitrate docs --lane docs --owner b"],
        ...["journal tail", "journal replay", "journal verify"],
      ];
      for (const verb of reading) {
        const { code, err, warnings } = other(...verb.split(" "));
        assertEquals({ verb, code, err }, { verb, code: 0, err: "" });
        assertEquals(warnings ?? [], [], verb);
      }
      assertEquals(other("tasks").total, 13);
      assertEquals(other("complete", task_id, "--run-id", "a").status, "io_error");
      for (const folder of ["", "/tasks", "/claims"]) setMode(`${w}${folder}`, 0o755);
    }
  },
);
