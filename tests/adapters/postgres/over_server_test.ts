/** All commands over a server: over TCP with a password, by a role that may make no tables; and by a socket. */
import { initPostgres } from "../../../src/adapters/postgres/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { main } from "../../../src/cli/main.ts";
import { NAMES } from "../../../src/cli/catalog.ts";
import { openWorkspace } from "../../../mod.ts";
import { afterEach, assert_, assertEquals, assertMatch } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { itThere, newSpace } from "../../support/postgres.ts";
import { type OwnServer, ownServer } from "../../support/postgres_own.ts";
import { git } from "../../support/program/git.ts";
import { ask } from "../../support/program/http.ts";
import { fromSource, start } from "../../support/program/mcp.ts";
import { runSource } from "../../support/program/from_source.ts";
import { until } from "../../support/program/working.ts";
import { makeTempDir, writeOver } from "../../support/scene/scratch.ts";

const SECRET = "swordfish";

const WITH_PASSWORD: OwnServer = {
  listen: "127.0.0.1",
  // PostgreSQL 13 has another default.
  settings: ["password_encryption=scram-sha-256"],
  files: { "pg_hba.conf": "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n" },
};

let starting: ReturnType<typeof ownServer> | undefined;

afterEach(async () => {
  await (await starting)?.close();
  starting = undefined;
});

/** A space on a server that asks for a password, and the role of its agents. */
async function tcp() {
  const { port, url, space } = await (starting ??= ownServer(WITH_PASSWORD));
  const connection = new Connection(placeOf(url));
  await connection.write(`CREATE ROLE agent LOGIN PASSWORD '${SECRET}'`);
  await connection.close();
  return { owner: url, agent: `postgres://agent@127.0.0.1:${port}/postgres?space=${space}` };
}

/** A checkout without a workspace, and what calls in it print. */
function checkout(env: Readonly<Record<string, string>>) {
  const cwd = makeTempDir();
  const home = makeTempDir();
  fakeHost().fs.makeDir(`${cwd}/.git`);
  const head = new TextEncoder().encode("ref: refs/heads/main\n");
  fakeHost().fs.createNew(`${cwd}/.git/HEAD`, head);
  const call = async (line: string | readonly string[], stdin = "") => {
    const args = typeof line === "string" ? line.split(" ") : line;
    const host = fakeHost({ args, cwd, stdin, env: { HOME: home, COORD_RUN_ID: "a", ...env } });
    const code = await main(host);
    return { code, out: host.out, err: host.err, beside: host.beside };
  };
  return { cwd, home, call };
}

/** Those that are none of the store's, or that another test runs. */
const ELSEWHERE =
  /^(init|whoami|help|version|completions|man|store|(hook|mcp|guard) (un)?install|guard check|hook (print|status|test)|mcp|web|commit)\b/;

itThere("a role that may make no tables can do all that agents do", async () => {
  const { owner, agent } = await tcp();
  const made = checkout({ COORD_STORE: owner });
  assertEquals(
    (await made.call("store init --grant agent --print status,schema_made")).out,
    "made\ttrue\n",
  );
  const { call, cwd } = checkout({ COORD_STORE: agent, COORD_STORE_PASSWORD: SECRET });
  fakeHost().fs.createNew(`${cwd}/x.ts`, new TextEncoder().encode("1"));
  const status = JSON.parse((await call("store status --json")).out);
  assertEquals(
    [status.status, status.may_write, status.user, status.store_version],
    ["ok", true, "agent", status.known_version],
  );
  const done = new Set<string>();
  const wrong: object[] = [];
  const does = async (line: string, code = 0, stdin = "") => {
    const answer = await call(line, stdin);
    const isRight = answer.code === code && (code !== 0 || answer.err === "");
    if (!isRight) wrong.push({ line, ...answer });
    const words = line.split(" ");
    done.add(NAMES.has(words.slice(0, 2).join(" ")) ? words.slice(0, 2).join(" ") : words[0] ?? "");
    return answer.out;
  };
  const add = async (title: string) => (await does(`enqueue ${title} --print task_id`)).trim();
  const [one, two, three] = [await add("one"), await add("two"), await add("three")];
  await does(`reprioritize ${one} --priority 3`);
  assertEquals((await does("claim --print task_id")).trim(), one);
  await does(`heartbeat ${one} --note half --progress 1/2`);
  await does(`complete ${one} --result {}`);
  await does("claim");
  await does(`fail-task ${two} --error no`);
  await does(`requeue ${two}`);
  await does(`cancel-task ${three}`);
  await does("queue pause default");
  await does("claim", 1);
  await does("queue list");
  await does("queue resume default");
  await does("reserve --exclusive x.ts");
  await does("reserve --exclusive x.ts --run-id b", 1);
  await does("intent x.ts --op modify");
  await does("check x.ts --run-id b", 1);
  await does("list");
  await does("forecast");
  await does("reconcile");
  await does("seen x.ts");
  await does("check-fresh x.ts");
  await does("hook run generic pre", 0, JSON.stringify({ session: "s", writes: ["y.ts"] }));
  assertEquals(
    JSON.parse(await does("check y.ts --run-id b --json", 1)).holds[0].run_id,
    "a",
  );
  await does("release --mine");
  await does("lane acquire lib/** --lane api --owner a --loop-ts 1");
  await does("lane heartbeat --lane api --owner a --loop-ts 1");
  await does("lane check --lane api --fence 1");
  await does("lane arbitrate lib/** --lane other --owner b", 1);
  await does("lane spawn --lane api --owner a --loop-ts 1 --run-id a");
  await does("lane halt h --lane api --loop-ts 1");
  await does("lane liveness --lane api");
  await does("lane live");
  await does("lane taxonomy");
  await does("lane adopt --lane api --owner b --loop-ts 1 --pid 1");
  await does("lane release --lane api --owner b --loop-ts 1");
  for (const verb of ["tail", "replay", "verify", "compact"]) await does(`journal ${verb}`);
  await does("with z.ts --lane @git/index -- true");
  await does("work --drain -- true");
  await does("wait --queue-empty default --timeout 5");
  await does(`show ${one}`);
  await does("import", 0, await does("export"));
  for (const verb of ["tasks", "status", "log", "agents", "metrics", "prime", "config"]) {
    await does(verb);
  }
  await does("watch --once");
  await does("top --once");
  await does("gc --execute --grace 0");
  await does("fsck");
  await call("doctor").then(({ code }) => assert_(code <= 1, `doctor ends with ${code}`));
  done.add("doctor");
  assertEquals(wrong, []);
  assertEquals([...NAMES].filter((name) => !done.has(name) && !ELSEWHERE.test(name)), []);
});

itThere(
  "what goes by git, by the host of an agent and by a browser goes over a server",
  async () => {
    const COORD_STORE = await newSpace();
    const { call, cwd, home } = checkout({ COORD_STORE });
    git(cwd, "init", "--quiet");
    for (const each of ["name", "email"]) git(cwd, "config", `user.${each}`, "a@example.org");
    const answer = async (...line: readonly string[]) => {
      const { code, out } = await call([...line, "--json"]);
      return { code, ...JSON.parse(out) };
    };
    const { task_id } = await answer("enqueue", "one");
    writeOver(`${cwd}/x.ts`, "1");
    git(cwd, "add", "x.ts");
    assertEquals((await answer("reserve", "--exclusive", "x.ts", "--run-id", "b")).code, 0);
    const held = [1, "held", "b"];
    for (const line of [["guard", "check"], ["commit", "x.ts", "-m", "Begin"]]) {
      const { code, status, holds } = await answer(...line);
      assertEquals([code, status, holds[0].run_id], held);
      const { out, err } = await call(line);
      assertMatch(out + err, /"x.ts" is held by "b" until /);
    }
    await call("release --mine --run-id b");
    assertEquals((await answer("guard", "check")).status, "free");
    assertEquals((await answer("commit", "x.ts", "-m", "Begin")).status, "committed");
    assertEquals(git(cwd, "log", "--format=%s"), "Begin\n");

    const { location } = placeOf(COORD_STORE);
    assertEquals((await answer("hook", "status")).workspace, location);
    assertMatch((await call("hook status")).out, /No host calls coord here/);
    assertEquals((await call("hook install claude --scope project --program coord")).code, 0);
    const { runtime, hosts, checkouts } = await answer("doctor");
    assertMatch(runtime, /^\w+ \d/);
    assertEquals([hosts.map(({ host }: { host: string }) => host), checkouts], [["claude"], []]);
    assertEquals((await call("hook test generic")).code, 0);

    for (const line of ["metrics", "top --once", "export", "journal tail"]) {
      const { code, out, err } = await call(line);
      assertEquals([code, err, out !== ""], [0, "", true], line);
    }
    const { metrics } = await answer("metrics");
    const [{ samples }] = metrics.filter(({ name }: { name: string }) => name === "coord_tasks");
    assertEquals(samples[0], { labels: { queue: "default", status: "pending" }, value: 1 });
    assertEquals((await answer("top", "--once")).queues[0].pending, 1);
    assertEquals((await call("import", "no line of JSON")).code, 64);

    const host = fakeHost({ args: ["web", "--json"], cwd, env: { HOME: home, COORD_STORE } });
    const serving = main(host);
    await until("it serves", () => host.out !== "");
    const { url, port } = JSON.parse(host.out);
    const token = new URL(url).searchParams.get("token") ?? "";
    const headers = [["x-coord-token", token]] as const;
    const { status, body } = await ask(port, { path: `/record?id=${task_id}`, headers });
    assertEquals([status, JSON.parse(body).task.title], [200, "one"]);
    host.interrupt();
    assertEquals([await serving, host.err], [0, ""]);
  },
);

itThere("the list of processes shows no password, and a command finds what it holds", async () => {
  const { owner, agent } = await tcp();
  await initPostgres(placeOf(owner), { roles: ["agent"] });
  const cwd = makeTempDir();
  const env = { COORD_STORE: agent, COORD_STORE_PASSWORD: SECRET, COORD_RUN_ID: "w" };
  // The brackets keep the search from finding itself.
  const script =
    "ps axww -o args | grep -c 'cli[.]ts with'; ps axww -o args | grep -c '[s]wordfish'; env";
  const shown = await runSource(cwd, env, "with", "@ps", "--lane", "@ps", "--", "sh", "-c", script);
  assertEquals([shown.code, shown.err], [0, ""]);
  const [calls, secrets, ...variables] = shown.out.split("\n");
  assert_(Number(calls) >= 1, "the list shows the call");
  assertEquals(secrets, "0");
  assertEquals(variables.filter((each) => /^COORD_(LANE|DIR)=/.test(each)), ["COORD_LANE=@ps"]);
});

itThere("work, wait and MCP go by a URL of a socket in --store, and hand it on", async () => {
  const url = await newSpace();
  const cwd = makeTempDir();
  const waiting = runSource(cwd, {}, "wait", "--store", url, "--lane", "none", "--timeout", "20");
  await using coord = await openWorkspace({ dir: cwd, store: url });
  const { task_id } = await coord.tasks.enqueue({ title: "one", runId: "p" });
  assertEquals((await waiting).code, 0);
  // A command that `work` runs comes to the same store without a flag.
  const [command, ...more] = fromSource();
  const script = `"$0" "$@" enqueue of-$COORD_TITLE --queue next`;
  const worked = await runSource(
    cwd,
    {},
    ...["work", "--store", url, "--run-id", "w", "--once", "--queue", "default", "--"],
    ...["sh", "-c", script, command, ...more],
  );
  assertEquals(worked.code, 0, worked.err);
  const { items } = await coord.tasks.list();
  assertEquals(items.map(({ title, status }) => `${title} ${status}`).sort(), [
    "of-one pending",
    "one completed",
  ]);
  assertEquals((await coord.wait({ tasks: [task_id] })).status, "done");
  await using mcp = await start(fromSource(), cwd, "2025-11-25", { COORD_STORE: url });
  const taken = await mcp.call("coord_task_take", {});
  assertEquals(taken.value.title ?? taken.value.task?.title, "of-one");
});

itThere(
  "init is refused where files have live records, import takes them, and status says what is missing",
  async () => {
    const url = new URL(await newSpace());
    url.searchParams.set("space", crypto.randomUUID());
    const COORD_STORE = url.href;
    const { call, cwd } = checkout({ COORD_STORE });
    const answer = async (line: string) => {
      const { code, out } = await call(`${line} --print status`);
      return [code, out.trim()];
    };
    assertEquals(await answer("store status"), [1, "no_space"]);
    assertEquals((await call("tasks")).code, 2);
    assertMatch((await call("store import")).err, /nothing to move: run "coord store init"/);
    assertMatch((await call("store export")).err, /no workspace of files: run "coord init"/);
    await call(["init", cwd]);
    await call("enqueue one --store files");
    assertEquals(await answer("store init"), [1, "refused"]);
    const { err } = await call("store init");
    assert_(
      err.includes("there are 1 unfinished task in") && err.includes("coord store import"),
      err,
    );
    const other = `--store ${COORD_STORE}-other`;
    assertEquals(await answer(`store init --force ${other}`), [0, "made"]);
    assertEquals(await answer(`store import`), [0, "moved"]);
    assertEquals((await call("tasks --print title")).out, "one\n");
    assertEquals(await answer("store init"), [0, "exists"]);
    assertEquals(await answer("store status"), [0, "ok"]);
    assertEquals(await answer("store migrate"), [0, "current"]);
    // What ended is removed by a process of its own, as of files: that was never done here.
    assertEquals((await call("enqueue two")).beside, []);
  },
);
