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
  /** Each an answer. */
  const others = (...commands: string[][]) =>
    coordWithoutRights(dir, commands.map((args) => [...args, "--json"])).map(
      ({ code, out, err }) => {
        const last = out.trim().split("\n").at(-1) ?? "";
        return { code, err, ...(last === "" ? {} : JSON.parse(last)) };
      },
    );
  const other = (...args: string[]) => others(args)[0];
  await own("init");
  const lock = (name: string) => setMode(`${w}/${name}`, 0o000);
  return { dir, w, own, other, others, lock };
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
  const { w, own, other, others, lock } = await scene();
  const { task_id } = await own("enqueue", "one", "--run-id", "p");
  await own("claim", "--run-id", "a");
  const name = `claims/${task_id.slice(7)}.json`;
  lock(name);
  setMtime(`${w}/${name}`, Date.now() - 600_000);
  removeTree(`${w}/index`);
  const [claim, ...ends] = others(
    ["claim", "--run-id", "b"],
    ...["complete", "cancel-task"].map((verb) => [verb, task_id, "--run-id", "b"]),
  );
  assertEquals(
    { code: claim.code, status: claim.status, reason: claim.reason, errno: claim.errno },
    { code: 3, status: "io_error", reason: "permission", errno: "EACCES" },
  );
  assertEquals(ends.map(({ status }) => status), ["io_error", "io_error"]);
  // What may be read is handed out all the same.
  const { task_id: second } = await own("enqueue", "two", "--run-id", "p");
  assertEquals(other("claim", "--run-id", "b").task_id, second);
});

it(
  "a task that may not be read does not make a queue empty, nor hide others",
  async () => {
    const { own, others, lock } = await scene();
    const { task_id: first } = await own("enqueue", "one", "--run-id", "p", "--priority", "9");
    const { task_id: second } = await own("enqueue", "two", "--run-id", "p");
    lock(`tasks/${first.slice(7)}.json`);
    const again = ["claim", "--run-id", "b"];
    const [claim, empty, { code, total, warnings }] = others(again, again, ["tasks"]);
    assertEquals({ code: claim.code, task_id: claim.task_id }, { code: 0, task_id: second });
    assert_(claim.warnings.some((text: string) => text.includes(first.slice(7))));
    assertEquals(empty.status, "io_error");
    assertEquals({ code, total }, { code: 0, total: 1 });
    assert_(warnings[0].includes("permission denied (EACCES)"), warnings[0]);
  },
);

it("--mine and what waits for an end fail where a record may not be read", async () => {
  const { w, own, others, lock } = await scene();
  const locked = await own("reserve", "a.ts", "--exclusive", "--run-id", "a");
  const { reservation_id: free } = await own("reserve", "b.ts", "--exclusive", "--run-id", "a");
  const { task_id } = await own("enqueue", "one", "--run-id", "p");
  await own("claim", "--run-id", "a");
  lock(`reservations/${locked.reservation_id.slice(7)}.json`);
  const mine = ["--mine", "--run-id", "a"];
  const [beat, released] = others(["heartbeat", ...mine], ["release", ...mine]);
  for (const { code, status, reason, errno } of [beat, released]) {
    const want = { code: 3, status: "io_error", reason: "permission", errno: "EACCES" };
    assertEquals({ code, status, reason, errno }, want);
  }
  const { status, last_beat_at } = (await own("show", free)).reservation;
  assert_(last_beat_at !== null, "the other one was kept alive");
  assertEquals(status, "released");
  setMode(`${w}/reservations/${locked.reservation_id.slice(7)}.json`, 0o644);
  lock(`claims/${task_id.slice(7)}.json`);
  const answers = others(
    ["heartbeat", ...mine],
    ["wait", "--queue-empty", "default", "--timeout", "1"],
    ["work", "--drain", "--run-id", "b", "--", "true"],
  );
  assertEquals(answers.map(({ code }) => code), [3, 3, 3]);
});

it("an exclusive reservation that may not be read is not overlooked", async () => {
  for (const isIndexed of [true, false]) {
    const { w, own, others, lock } = await scene();
    const held = await own("reserve", "src", "--exclusive", "--run-id", "a");
    lock(`reservations/${held.reservation_id.slice(7)}.json`);
    if (!isIndexed) {
      for (const folder of ["reservations/addresses", "reservations/order", "index"]) {
        removeTree(`${w}/${folder}`);
      }
    }
    const [refused, { code, warnings }] = others(
      ["reserve", "src/a.ts", "--exclusive", "--run-id", "b"],
      ["list"],
    );
    assertEquals(
      { code: refused.code, status: refused.status, reason: refused.reason },
      { code: 3, status: "io_error", reason: "permission" },
    );
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
    const { w, own, others } = await scene();
    await own("enqueue", "one", "--run-id", "p");
    await own("claim", "--run-id", "a");
    await own("reserve", "src", "--exclusive", "--run-id", "a");
    setMode(`${w}/${folder}`, 0o000);
    const listings = [["tasks"], ["list"], ["status"], ["watch", "--once"]];
    const [decided, ...listed] = others(args, ...listings);
    assertEquals(decided.status, "io_error", folder);
    for (const [index, { code, err }] of listed.entries()) {
      assertEquals(code, 0, `${listings[index]} with ${folder}: ${err}`);
    }
    setMode(`${w}/${folder}`, 0o700);
  }
});

it("a journal that may not be read refuses lanes, and a listing says so", async () => {
  const { own, others, lock } = await scene();
  await own("lane", "acquire", "api", "--lane", "api", "--owner", "a");
  lock("lanes/lane-journal.jsonl");
  const [refused, ...listed] = others(
    ["lane", "acquire", "--lane", "api", "--owner", "b"],
    ["status"],
    ["lane", "live"],
  );
  assertEquals({ code: refused.code, status: refused.status }, { code: 3, status: "io_error" });
  for (const { code, warnings, status } of listed) {
    assertEquals(code, 0, status);
    assert_(warnings.some((text: string) => text.includes("lane-journal.jsonl")), status);
  }
});

it(
  "a reader without the right to write gets every answer, old batches or not",
  async () => {
    const { w, own, others } = await scene();
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
      const answers = others(
        ...reading.map((verb) => verb.split(" ")),
        ["complete", task_id, "--run-id", "a"],
      );
      assertEquals(answers.pop().status, "io_error");
      for (const [index, { code, err, warnings }] of answers.entries()) {
        const verb = reading[index];
        assertEquals({ verb, code, err }, { verb, code: 0, err: "" });
        assertEquals(warnings ?? [], [], verb);
      }
      assertEquals(answers[reading.indexOf("tasks")].total, 13);
      for (const folder of ["", "/tasks", "/claims"]) setMode(`${w}${folder}`, 0o755);
    }
  },
);

it("what fsck may not read is a finding, and stays where it is", async () => {
  const { w, own, other, lock } = await scene();
  const { task_id } = await own("enqueue", "one", "--run-id", "p");
  const name = `tasks/${task_id.slice(7)}.json`;
  lock(name);
  setMtime(`${w}/${name}`, Date.now() - 600_000);
  const { code, status, findings } = other("fsck", "--repair");
  assertEquals({ code, status }, { code: 1, status: "damaged" });
  const said = findings.map((found: Record<string, unknown>) => [
    found["class"],
    found["file"],
    found["remedy"],
    found["repaired"],
  ]);
  assertEquals(said, [["unreadable", name, "hand", null]]);
  assertEquals(fs.lstat(`${w}/quarantine`), undefined);
  assertEquals((await own("fsck")).status, "sound");
});
