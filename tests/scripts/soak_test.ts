/** What a soak makes of the sizes of processes that run all the time. */
import { type Sample, sizeProblems } from "../../scripts/soak/soak.ts";
import { assertEquals, it } from "../deps.ts";

/** A sample at each hundredth of the time; `grown` says what a process has gained by then. */
function samplesOf(name: string, grown: (at: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 100 }, (_, n) => n / 100)
    .map((at) => ({ name, at, rss: 80_000, files: 12, ...grown(at) }));
}

it("sizeProblems() finds memory and open files that grow without bound", () => {
  const samples = [
    ...samplesOf("flat", (at) => ({ rss: 80_000 + Math.round(10_000 * Math.sin(at * 50)) })),
    ...samplesOf("warming up", (at) => ({ rss: at < 0.2 ? 30_000 : 80_000 })),
    ...samplesOf("memory", (at) => ({ rss: 80_000 + 200_000 * at })),
    ...samplesOf("descriptors", (at) => ({ files: 12 + Math.round(30 * at) })),
  ];
  const names = ["flat", "warming up", "memory", "descriptors"];
  assertEquals(sizeProblems(names, samples), [
    "memory grew from 154000 to 254000 KiB",
    "descriptors had 23 files open, then 38",
  ]);
});

it("sizeProblems() finds a process that ended early", () => {
  const samples = samplesOf("worker", () => ({})).filter(({ at }) => at < 0.7);
  assertEquals(sizeProblems(["worker"], samples), ["worker did not run all the time"]);
  assertEquals(sizeProblems(["worker"], []), ["worker did not run all the time"]);
});
