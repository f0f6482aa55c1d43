import { expositionLines, type Metrics } from "../../../mod.ts";
import { assertEquals, it } from "../../deps.ts";
import { shell } from "../../support/program/posix_shell.ts";
import { itWith } from "../../support/program/programs.ts";
import { workspace } from "../../support/scene/workspace.ts";

/** The numbers of a metric, by their labels; without those that are 0. */
function numbers({ metrics }: Metrics, name: string): Record<string, number> {
  const { samples = [] } = metrics.find((metric) => metric.name === `coord_${name}`) ?? {};
  return Object.fromEntries(
    samples.filter(({ value }) => value !== 0)
      .map(({ labels, value }) => [Object.values(labels).join(" "), value]),
  );
}

/** A workspace in which something of everything is going on. */
async function busy() {
  const scene = await workspace();
  const { coord, clock } = scene;
  await coord.tasks.enqueueAll([
    { title: "ends", runId: "p", priority: 3 },
    { title: "times out", runId: "p", priority: 2 },
    { title: "waits", runId: "p", queue: "builds" },
    { title: "comes later", runId: "p", queue: "builds", delay: 3600 },
  ]);
  const done = await coord.tasks.claim({ runId: "a" });
  if (done.status === "claimed") await coord.tasks.complete({ id: done.task_id, runId: "a" });
  await coord.tasks.claim({ runId: "a", claimTtl: 60 });
  clock.advance(90);
  await coord.queues.pause({ queues: ["nightly"], runId: "p" });
  await coord.reservations.reserve({ addresses: ["src/a.ts"], runId: "b", exclusive: true });
  await coord.reservations.reserve({ addresses: ["docs/a.md"], runId: "b" });
  await coord.reservations.reserve({ addresses: ["docs/**"], runId: "c" });
  await coord.lanes.acquire({ lane: "api", owner: "c", tree: ["api/**"] });
  return scene;
}

it("metrics() counts tasks, holds, agents and the journal", async () => {
  const { coord, host, path } = await busy();
  const found = await coord.exchange.metrics();
  assertEquals(numbers(found, "tasks"), {
    "builds pending": 1,
    "builds delayed": 1,
    "default timed_out": 1,
    "default completed": 1,
  });
  assertEquals(numbers(found, "queue_paused"), { nightly: 1 });
  assertEquals(numbers(found, "reservations"), { true: 1, false: 2 });
  assertEquals(numbers(found, "conflicts"), { "": 1 });
  assertEquals(numbers(found, "lanes"), { live: 1 });
  assertEquals(numbers(found, "agents"), { lost: 1, working: 2 });
  assertEquals(numbers(found, "waiters"), {});
  assertEquals(numbers(found, "oldest_pending_task_age_seconds"), { "": 89.998 });
  assertEquals(numbers(found, "journal_entries_total"), { "": 1 });
  const bytes = host.fs.read(`${path}/lanes/lane-journal.jsonl`)?.length ?? 0;
  assertEquals(numbers(found, "journal_size_bytes"), { "": bytes });
  const waiting = coord.reservations.reserve({
    addresses: ["src/a.ts"],
    runId: "d",
    exclusive: true,
    wait: 60,
  });
  while (numbers(await coord.exchange.metrics(), "waiters")[""] !== 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await coord.releaseMine({ runId: "b" });
  assertEquals((await waiting).status, "reserved");
});

it("metrics() counts as status() does, with a number for every status of every queue", async () => {
  const { coord } = await busy();
  const { metrics } = await coord.exchange.metrics();
  const { total, ...counts } = (await coord.status()).tasks;
  const samples = metrics.find(({ name }) => name === "coord_tasks")?.samples ?? [];
  assertEquals(samples.length, 2 * Object.keys(counts).length);
  assertEquals(samples.reduce((sum, { value }) => sum + value, 0), total);
  for (const [status, count] of Object.entries(counts)) {
    const those = samples.filter(({ labels }) => labels.status === status);
    assertEquals(those.reduce((sum, { value }) => sum + value, 0), count, status);
  }
});

it("expositionLines() escapes what ends a line or a value, and leaves out what is unknown", () => {
  const metric = { name: "m", type: "gauge", help: "a\\b\nc" } as const;
  const samples = [{ labels: { q: 'x"\\\n', r: "y" }, value: 0.5 }];
  assertEquals(expositionLines([{ ...metric, samples }, { ...metric, name: "n", samples: [] }]), [
    "# HELP m a\\\\b\\nc",
    "# TYPE m gauge",
    'm{q="x\\"\\\\\\n",r="y"} 0.5',
  ]);
});

itWith("promtool")("promtool finds nothing wrong with what coord metrics prints", async () => {
  const { dir } = await busy();
  const script = "coord metrics > metrics.prom && promtool check metrics < metrics.prom";
  assertEquals(await shell(dir, script).ended, { code: 0, out: "", err: "" });
});
