/** coord by URL: no checkout, no `deno.json` of ours, and no more rights than it says it needs. */
import { assertEquals, assertMatch, itIf } from "../deps.ts";
import { PERMISSIONS } from "../../scripts/compile/permissions.ts";
import { run } from "../../scripts/support/run.ts";
import { VERSION } from "../../src/domain/version.ts";
import { isHeavy } from "../support/length.ts";
import { type Consumer, consumerOf } from "../support/program/serve.ts";
import { someOf } from "../support/random.ts";
import { makeDiskDir } from "../support/scene/scratch.ts";

const ROOT = `${import.meta.dirname}/../..`;

/** Seconds after which a consumer that hangs is killed. */
const LIMIT = 60;

/** What a project does with all that is loaded on demand: grammars, and the schema of `lanes.json`. */
const MAIN = (url: string) => `
import { initWorkspace, openWorkspace } from "${url}mod.ts";

const project = Deno.cwd();
Deno.mkdirSync(project + "/.git");
Deno.writeTextFileSync(project + "/.git/HEAD", "ref: refs/heads/main\\n");
const { path } = await initWorkspace(project);
Deno.writeTextFileSync(path + "/lanes.json", '{"lanes": {"api": {"tree": ["src/api/**"]}}}');
Deno.writeTextFileSync(project + "/cart.py", "import billing\\n");
Deno.writeTextFileSync(project + "/billing.py", "total = 1\\n");
const coord = await openWorkspace({ dir: project, onWarning: (text) => console.log(text) });

await coord.reservations.reserve({ addresses: ["cart.py"], operation: "modify", runId: "a" });
await coord.reservations.reserve({ addresses: ["billing.py"], operation: "modify", runId: "b" });
const { conflicts } = await coord.forecast({});
console.log(conflicts.map(({ type }) => type).join());

const lease = await coord.lanes.acquire({ lane: "api", owner: "agent-1" });
console.log("tree" in lease ? lease.tree.join() : lease.status);

await coord.tasks.enqueue({ title: "by URL", runId: "planner" });
const claim = await coord.tasks.claim({ runId: "agent-1" });
if (claim.status !== "claimed") throw new Error(claim.status);
await coord.tasks.complete({ id: claim.task_id, runId: "agent-1" });
for await (const event of coord.watch({ kinds: ["claim"], once: true })) {
  if (event.kind === "claim") console.log(event.kind, event.data.status);
}
`;

/** The permission flags that a document names for the library, with DIR for the folder. */
function documented(path: string): string[] {
  const text = Deno.readTextFileSync(`${ROOT}/${path}`).replace(/\s+(?:\* )?/g, " ");
  const [, flags = ""] = /`(--allow-read=DIR --allow-write=DIR)`/.exec(text) ?? [];
  return flags.split(" ");
}

async function ends(consumer: Consumer, ...call: Parameters<Consumer["deno"]>): Promise<string> {
  const { code, output } = await consumer.deno(...call);
  assertEquals(code, 0, output);
  return output;
}

/** In the everyday run one of them has its turn. */
const TURN = someOf("by URL", ["mod.ts", "cli.ts"], 2);
const itOf = (name: string) =>
  itIf(TURN.includes(name), "the other one's turn; COORD_HEAVY=1 has both");

itOf("mod.ts")("mod.ts works by URL with only the permissions that it names", async () => {
  await using consumer = await consumerOf(ROOT, LIMIT);
  const main = `${consumer.folder}/main.ts`;
  Deno.writeTextFileSync(main, MAIN(consumer.url));
  assertEquals(documented("README.md"), documented("mod.ts"));
  const works = (...more: string[]) => {
    const project = makeDiskDir();
    const flags = documented("mod.ts").map((flag) => flag.replace("DIR", project));
    assertEquals(flags.length, 2);
    return ends(consumer, ["run", "--no-prompt", ...flags, ...more], [main], project);
  };
  const others = "src/api/**\nclaim completed\n";
  assertEquals(
    await works(),
    'Cannot ask for the variable "LOG": permission denied: imports are not read from it\n\n' +
      others,
  );
  assertEquals(await works("--allow-env=LOG"), `dependency_overlap\n${others}`);
  if (isHeavy()) await ends(consumer, ["check"], [main]);
});

itOf("cli.ts")("cli.ts works by URL, run and installed", async () => {
  await using consumer = await consumerOf(ROOT, LIMIT);
  const cli = `${consumer.url}cli.ts`;
  const made = await ends(consumer, ["run", ...PERMISSIONS], [cli, "init", "--json"]);
  assertEquals(JSON.parse(made).created, true);
  const install = ["install", "--global", "--root", consumer.folder, "--name", "coord"];
  await ends(consumer, [...install, ...PERMISSIONS], [cli]);
  const coord = async (...args: string[]) => {
    const { code, output } = await run(`${consumer.folder}/bin/coord`, args, {
      cwd: consumer.folder,
      limit: LIMIT,
      // What is installed starts the Deno that is on the path.
      env: {
        DENO_DIR: consumer.cache,
        PATH: `${Deno.execPath().replace(/\/[^/]+$/, "")}:${Deno.env.get("PATH")}`,
      },
    });
    assertEquals(code, 0, output);
    return output;
  };
  const enqueued = JSON.parse(await coord("enqueue", "by URL", "--run-id", "planner", "--json"));
  assertEquals(enqueued.coord_version, VERSION);
  assertMatch(await coord("lane", "acquire", "src", "--owner", "agent-1"), /src/);
});
