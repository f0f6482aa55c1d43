import { main } from "../../src/cli/main.ts";
import { assertEquals, it } from "../deps.ts";
import { fakeHost } from "../support/fake/host.ts";
import { ask } from "../support/program/http.ts";
import { until } from "../support/program/working.ts";
import { workspace } from "../support/scene/workspace.ts";

/** Runs the verb until it has printed its answer, then does something, and stops it. */
async function running(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { dir } = await workspace();
  const host = fakeHost({ args: ["web", ...args], cwd: dir, env });
  const code = main(host);
  await until("it has answered", () => host.out !== "");
  const url = new URL(/http:\S+?(?=["\s])/.exec(host.out)?.[0] ?? "");
  const path = `${url.pathname}${url.search}`;
  const served = await ask(Number(url.port), { path });
  host.interrupt();
  const after = await code;
  const gone = await ask(Number(url.port), { path });
  const statuses = [served.status, gone.status];
  return { out: host.out, err: host.err, code: after, statuses, listeners: host.listeners };
}

it("web prints one line with its address, serves, and ends with 0 at a signal", async () => {
  const { out, err, code, statuses, listeners } = await running(["--json"]);
  assertEquals({ err, code, statuses, listeners }, {
    err: "",
    code: 0,
    statuses: [200, 0],
    listeners: 0,
  });
  const { status, control, run_id, url, port } = JSON.parse(out);
  assertEquals([status, control, /^web-[0-9a-f]{8}$/.test(run_id)], ["serving", false, true]);
  assertEquals(new URL(url).host, `127.0.0.1:${port}`);
});

it("web says in text what the page may do, and as whom", async () => {
  const { out, code } = await running(["--control"], { COORD_RUN_ID: "ops" });
  const [url = "", ...lines] = out.split("\n");
  assertEquals([code, url.startsWith("http://127.0.0.1:"), lines], [
    0,
    true,
    ["The page may change the workspace, as ops", ""],
  ]);
});

it("web --print url prints the address alone", async () => {
  const { out, code } = await running(["--print", "url"]);
  assertEquals([code, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\n$/.test(out)], [0, true]);
});

it("web ends with 3 where another program has the port", async () => {
  const { dir } = await workspace();
  const first = fakeHost({ args: ["web", "--json"], cwd: dir });
  const code = main(first);
  await until("it has answered", () => first.out !== "");
  const { port } = JSON.parse(first.out);
  const second = fakeHost({ args: ["web", "--port", String(port)], cwd: dir });
  assertEquals([await main(second), second.err], [
    3,
    `coord: Cannot listen on "127.0.0.1:${port}": another program has it (EADDRINUSE)\n`,
  ]);
  first.interrupt();
  assertEquals(await code, 0);
});
