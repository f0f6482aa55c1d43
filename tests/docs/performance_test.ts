/** The figures in the documents are those of `docs/performance.json`. */
import type { Row } from "../../scripts/bench/measure.ts";
import { cells, type Results, withFigures } from "../../scripts/performance.ts";
import { withPart } from "../../scripts/support/pages.ts";
import { assertEquals, assertRejects, assertThrows, it } from "../deps.ts";
import { MACHINE } from "../support/bench_machine.ts";

const ROOT = `${import.meta.dirname}/../..`;
const read = (path: string) => Deno.readTextFileSync(`${ROOT}/${path}`);

for (const path of ["README.md", "docs/performance.md"]) {
  it(`${path} shows the figures of docs/performance.json`, async () => {
    const text = read(path);
    const results: Results = JSON.parse(read("docs/performance.json"));
    assertEquals(await withFigures(path, text, results), text);
  });
}

function row(figure: string, value: number, floor: number | undefined, atMost: number): Row {
  const result = floor === undefined ? value : value / floor;
  const spread = [result * 0.9, result * 1.1] as const;
  return { figure, unit: "ms", value, floor, result, spread, goal: { atMost } };
}

const RESULTS: Results = {
  at: "2026-11-28T23:10:00.000Z",
  length: "quick",
  seconds: 200,
  ...MACHINE,
  sections: {
    Tasks: [
      row("claim, 1,000 pending, against its floor", 0.1, 0.05, 2.5),
      row("claim, 100,000 pending, against 1,000", 0.09, 0.1, 1.3),
      row("`claim --wait`, from enqueue to claim, p99", 30, undefined, 25),
    ],
    "Start and memory": [
      { ...row("start, `claim` on an empty queue", 12, 5, 1.8), runtime: "bun 1.4.5" },
      { ...row("`node -e 0`, beside it", 40, 5, 1), goal: {} },
    ],
  },
};

const EMPTY = "# T\n\n<!-- begin figures -->\n<!-- end figures -->\n\nEnd.\n";

it("withFigures() gives the page where it was measured, a table a section, and what was missed", async () => {
  assertEquals(
    await withFigures("docs/performance.md", EMPTY, RESULTS),
    `# T

<!-- begin figures -->

Measured on 2026-11-28, in a quick run of 200 s, with coord 0.1.0 and Deno 2.9.6, on 2 cores (Some
CPU), 25 GB, linux 6.1 x86_64, ext4. The machine was quiet (load 0.2).

### Tasks

| figure                                     | median  | held against | result                | goal            |
| ------------------------------------------ | ------- | ------------ | --------------------- | --------------- |
| claim, 1,000 pending, against its floor    | 100 µs  | 50.0 µs      | 2.00 × (1.80 to 2.20) | ≤ 2.5 ×         |
| claim, 100,000 pending, against 1,000      | 90.0 µs | 100 µs       | 0.90 × (0.81 to 0.99) | ≤ 1.3 ×         |
| \`claim --wait\`, from enqueue to claim, p99 | 30.0 ms |              | (27.0 ms to 33.0 ms)  | ≤ 25 ms, missed |

### Start and memory

The executables were made with bun 1.4.5.

| figure                           | median  | held against | result                | goal            |
| -------------------------------- | ------- | ------------ | --------------------- | --------------- |
| start, \`claim\` on an empty queue | 12.0 ms | 5.00 ms      | 2.40 × (2.16 to 2.64) | ≤ 1.8 ×, missed |
| \`node -e 0\`, beside it           | 40.0 ms | 5.00 ms      | 8.00 × (7.20 to 8.80) |                 |

<!-- end figures -->

End.
`,
  );
});

it("withFigures() gives the README three figures, and how many goals were missed", async () => {
  assertEquals(
    await withFigures("README.md", EMPTY, RESULTS),
    `# T

<!-- begin figures -->

- A claim costs 100 µs, 2.00 times the system calls that it cannot do without (goal ≤ 2.5 ×), and
  0.90 times that at 100,000 pending tasks instead of 1,000 (goal ≤ 1.3 ×).
- A task reaches a waiting \`claim\` in 30.0 ms (p99, goal ≤ 25 ms, missed).
- The process \`coord claim\` takes 12.0 ms, 2.40 times an empty program (goal ≤ 1.8 ×, missed).

Of 4 goals, 2 were missed: [all figures](docs/performance.md).

<!-- end figures -->

End.
`,
  );
});

it("withFigures() says where the machine was busy", async () => {
  const busy = { ...RESULTS, load: 3.2 };
  const note = "**Other processes were at work (load 3.2): a quiet machine shows better figures.**";
  for (const path of ["README.md", "docs/performance.md"]) {
    const text = (await withFigures(path, EMPTY, busy)).replaceAll("\n", " ");
    assertEquals(text.includes(note), true, text);
  }
});

it("withFigures() refuses results that lack a figure of the README, and other documents", async () => {
  const none = { ...RESULTS, sections: {} };
  await assertRejects(async () => await withFigures("README.md", EMPTY, none), Error, "no figure");
  await assertRejects(async () => await withFigures("a.md", EMPTY, RESULTS), Error, "no figures");
});

it("cells() takes the unit that suits, and a goal that is at least", () => {
  const goal = { atLeast: 0.8 };
  const spread = [0.5, 0.6] as const;
  const rates = {
    figure: "f",
    unit: "tasks/s",
    value: 1000,
    floor: 2000,
    result: 0.5,
    spread,
    goal,
  };
  assertEquals(
    [cells(rates), cells(row("f", 3891, 1608, 3)), cells(row("f", 0.09, undefined, 1))],
    [
      ["1000 tasks/s", "2000 tasks/s", "0.50 × (0.50 to 0.60)", "≥ 0.8 ×, missed"],
      ["3.89 s", "1.61 s", "2.42 × (2.18 to 2.66)", "≤ 3 ×"],
      ["90.0 µs", "", "(81.0 µs to 99.0 µs)", "≤ 1 ms"],
    ],
  );
});

it("withPart() replaces what stands between the lines, and refuses a document without them", () => {
  const text = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
  const done = "a\n<!-- begin x -->\n\nnew\n\n<!-- end x -->\nb\n";
  assertEquals([withPart(text, "x", "new\n"), withPart(done, "x", "new")], [done, done]);
  assertThrows(() => withPart("a\n", "x", "new"), Error, "no part x");
});
