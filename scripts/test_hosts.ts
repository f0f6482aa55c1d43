/**
 * Runs the real hosts of agents against a model on the loopback interface. Each plays one session for
 * each way of setting it up: free files, held ones, a wait, a file that another agent changed, a
 * subagent, and the end. Then a fleet of two of each edits the same files at once, and one is killed. No
 * account is needed, and nothing is sent anywhere.
 *
 * Usage: deno run -A scripts/test_hosts.ts [HOST… | fleet]
 *
 * The last line is `N passed, N failed`: one for each way of setting up a host, and one for the fleet.
 * The hosts come from the npm registry, 1.7 GB in all, into the folder that COORD_HOSTS names, where they
 * stay; by default into the system's folder for temporary files.
 */
import { AGENTS } from "./hosts/agents.ts";
import { FLEET_HOSTS, fleetProblems } from "./hosts/fleet.ts";
import { startModel } from "./hosts/model.ts";
import { monitorProblems } from "./hosts/monitor.ts";
import { installHosts, makeCoord, Scratch, versionOf } from "./hosts/place.ts";
import { problemsOf } from "./hosts/scenes.ts";

const FLEET = "fleet";

const asked = Deno.args.length > 0 ? Deno.args : [...Object.keys(AGENTS), FLEET];
const withFleet = asked.includes(FLEET);
const names = asked.filter((name) => name !== FLEET);
const unknown = names.filter((name) => AGENTS[name] === undefined);
if (unknown.length > 0) throw new Error(`No host ${unknown}: there are ${Object.keys(AGENTS)}`);
await installHosts([...new Set([...names, ...(withFleet ? FLEET_HOSTS : [])])]);
const bin = Deno.makeTempDirSync({ prefix: "coord-hosts-bin-" });
await makeCoord(bin);
const model = startModel();
let [passed, failed] = [0, 0];
try {
  for (const name of names) {
    const agent = AGENTS[name];
    if (agent === undefined) continue;
    const version = await versionOf(agent);
    for (const scope of agent.scopes) {
      using scratch = await Scratch.make(bin, model.url);
      report(`${name} ${version}, ${scope}`, await problemsOf(name, agent, scope, scratch, model));
    }
    if (!agent.scopes.includes("plugin")) continue;
    using scratch = await Scratch.make(bin, model.url);
    report(`${name} ${version}, monitor`, await monitorProblems(scratch, model));
  }
  if (withFleet) {
    using scratch = await Scratch.make(bin, model.url);
    report("fleet", await fleetProblems(scratch, model));
  }
} finally {
  await model.end();
  Deno.removeSync(bin, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);

function report(what: string, problems: readonly string[]): void {
  console.log(`${what}: ${problems.length === 0 ? "ok" : "FAILED"}`);
  for (const problem of problems) console.log(`  ${problem}`);
  if (problems.length === 0) passed++;
  else failed++;
}
