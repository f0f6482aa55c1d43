import { main } from "../../src/cli/main.ts";
import { HostError } from "../../src/ports/host.ts";
import { assertEquals, assertMatch, assertStringIncludes, it } from "../deps.ts";
import { type FakeHost, fakeHost, type FakeOptions, scratch } from "../support/fake/host.ts";

/** Runs a command line in a folder, and returns its host with what it printed. */
async function run(cwd: string, args: readonly string[], options: FakeOptions = {}) {
  const host = fakeHost({ ...options, args, cwd });
  const code = await main(host);
  return { code, out: host.out, err: host.err, host };
}

/** A folder with a workspace. */
async function workspace() {
  const folder = scratch();
  assertEquals((await run(folder.path, ["init"])).code, 0);
  return folder;
}

async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

it("main() ends quietly with 0 when the reader of its answer has gone, but not bad usage", async () => {
  using folder = await workspace();
  const cut = { readerGoesAfter: 0 };
  for (const args of [["tasks"], ["tasks", "-j"], ["help"], ["claim"], ["claim", "-j"]]) {
    const { code, out, err } = await run(folder.path, args, cut);
    const expected = args[0] === "claim"
      ? { code: 64, out: "", err: "coord: --run-id is required, or $COORD_RUN_ID\n" }
      : { code: 0, out: "", err: "" };
    assertEquals({ code, out, err }, expected, args.join(" "));
  }
});

it("main() ends a stream quietly with 0 when its reader has gone", async () => {
  using folder = await workspace();
  await run(folder.path, ["enqueue", "--stdin", "--run-id", "p"], { stdin: "a\nb\nc\n" });
  const { code, out, err } = await run(folder.path, ["watch", "-j"], { readerGoesAfter: 1 });
  assertEquals([code, err, out.split("\n").length], [0, "", 2]);
});

it("main() ends a stream with 0 at SIGINT, and listens no more", async () => {
  using folder = await workspace();
  const host = fakeHost({ args: ["watch"], cwd: folder.path });
  const running = main(host);
  await until(() => host.listeners > 0);
  host.interrupt();
  assertEquals([await running, host.out, host.err, host.listeners], [0, "", "", 0]);
});

it("main() has the host prepare for a long run, once, at the eighth value of a stream", async () => {
  using folder = await workspace();
  const prepared = async (...args: readonly string[]) => {
    let times = 0;
    const host = fakeHost({ args, cwd: folder.path });
    await main({ ...host, runsLong: () => void times++ });
    return times;
  };
  const found: number[] = [];
  for (const added of ["1\n".repeat(7), "8\n", "9\n"]) {
    await run(folder.path, ["enqueue", "--stdin", "--run-id", "p"], { stdin: added });
    found.push(await prepared("watch", "--once"));
  }
  assertEquals([found, await prepared("tasks")], [[0, 1, 1], 0]);
});

it("main() ends claim --wait early at SIGINT, with an honest empty", async () => {
  using folder = await workspace();
  const args = ["claim", "--run-id", "a", "--wait", "3600", "-j"];
  const host = fakeHost({ args, cwd: folder.path });
  const running = main(host);
  await until(() => host.listeners > 0);
  host.interrupt();
  const code = await running;
  assertEquals([code, JSON.parse(host.out).status, host.listeners], [1, "empty", 0]);
});

it("main() leaves signals alone in commands that do not wait", async () => {
  using folder = await workspace();
  let asked = 0;
  const host: FakeHost = fakeHost({ args: ["claim", "--run-id", "a"], cwd: folder.path });
  const counting = { ...host, onStop: () => (asked++, () => {}) };
  await main(counting);
  assertEquals(asked, 0);
});

it("main() ends the process at the second SIGINT", async () => {
  using folder = await workspace();
  const args = ["claim", "--run-id", "a", "--wait", "3600"];
  const host = fakeHost({ args, cwd: folder.path });
  const running = main(host);
  await until(() => host.listeners > 0);
  host.interrupt();
  let ended = "";
  try {
    host.interrupt();
  } catch (error) {
    ended = String(error);
  }
  assertEquals([await running, ended], [1, "Error: The process was ended with 130"]);
});

it("main() reports what goes wrong with its output on the other stream", async () => {
  using folder = await workspace();
  const host = fakeHost({ args: ["tasks", "-j"], cwd: folder.path });
  const { write } = host;
  const full: FakeHost = {
    ...host,
    write(stream, text) {
      if (stream === "stdout") throw new HostError("no_space", "write to", stream);
      write(stream, text);
    },
  };
  assertEquals(await main(full), 3);
  assertEquals(
    host.err,
    'coord: Cannot write to "stdout": no space left on the device or quota reached\n',
  );
});

it("main() answers when no process reads standard error", async () => {
  using folder = await workspace();
  const host = fakeHost({ args: ["enqueue", "x"], cwd: folder.path });
  const { write } = host;
  const deaf: FakeHost = {
    ...host,
    write(stream, text) {
      if (stream === "stderr") throw new HostError("broken_pipe", "write to", stream);
      write(stream, text);
    },
  };
  assertEquals(await main(deaf), 0);
  assertStringIncludes(host.out, "created_by   unknown\n");
});

it("main() takes a bug for a bug: exit code 3, one line, no stack", async () => {
  const host = fakeHost({ args: ["tasks"] });
  const broken: FakeHost = {
    ...host,
    cwd() {
      throw new TypeError("Cannot read properties of undefined");
    },
  };
  assertEquals(await main(broken), 3);
  assertEquals(host.err, "coord: Internal error: Cannot read properties of undefined\n");
});

it("main() asks the clock that it is given", async () => {
  const host = fakeHost({ args: ["--version", "-j"] });
  await main(host, () => 0);
  assertEquals(JSON.parse(host.out).timestamp, "1970-01-01T00:00:00.000Z");
});

const LONG_TITLE = "A title that is much too long for the one line that a terminal has for a task";

it("main() shortens tables to the width of a terminal, in bold without NO_COLOR", async () => {
  using folder = await workspace();
  await run(folder.path, ["enqueue", LONG_TITLE, "--run-id", "p"]);
  const terminal = { terminals: ["stdout"], columns: 60 } as const;
  const bold = await run(folder.path, ["tasks"], terminal);
  assertMatch(bold.out.replaceAll("\x1b", "ESC"), /\nESC\[1mID .*TITLEESC\[22m\n.* A title .*…\n/);
  const plain = await run(folder.path, ["tasks"], { ...terminal, env: { NO_COLOR: "1" } });
  assertEquals(plain.out.includes("\x1b"), false);
  const piped = await run(folder.path, ["tasks"], { columns: 60 });
  assertStringIncludes(piped.out, `${LONG_TITLE}\n`);
  assertEquals(piped.out.includes("\x1b"), false);
});

it("main() believes COLUMNS more than the terminal, if it is a number of columns", async () => {
  using folder = await workspace();
  await run(folder.path, ["enqueue", LONG_TITLE, "--run-id", "p"]);
  const widest = async (COLUMNS: string) => {
    const terminal = {
      terminals: ["stdout"],
      columns: 60,
      env: { COLUMNS, NO_COLOR: "1" },
    } as const;
    const { out } = await run(folder.path, ["tasks"], terminal);
    return Math.max(...out.split("\n").map((line) => line.length));
  };
  assertEquals(
    await Promise.all(["40", "70", "", "0", "-5", "wide", "1e9"].map(widest)),
    [40, 70, 60, 60, 60, 60, 60],
  );
});

it("main() wraps help to a narrow terminal, and to 80 columns elsewhere", async () => {
  const widest = async (options: FakeOptions) => {
    const { out } = await run("/", ["help"], options);
    return Math.max(...out.split("\n").map((line) => line.length));
  };
  const narrow = await widest({ terminals: ["stdout"], columns: 50 });
  const wide = await widest({ terminals: ["stdout"], columns: 200 });
  const piped = await widest({ columns: 50 });
  assertEquals([narrow <= 50, wide <= 80, wide === piped], [true, true, true]);
});

it("main() counts the problems of a call that has a great many", async () => {
  const { err } = await run("/", ["tasks", ...Array.from({ length: 1000 }, (_, n) => `x${n}`)]);
  const lines = err.trimEnd().split("\n");
  assertEquals([lines.length, lines.at(-1)], [21, "coord: and 980 more problems"]);
});

it("main() escapes what is invisible in JSON for a terminal", async () => {
  using folder = await workspace();
  await run(folder.path, ["enqueue", "a\u202Eb", "--run-id", "p"]);
  const shown = await run(folder.path, ["tasks", "-j"], { terminals: ["stdout"] });
  assertStringIncludes(shown.out, '"title":"a\\u202eb"');
  const piped = await run(folder.path, ["tasks", "-j"]);
  assertStringIncludes(piped.out, '"title":"a\u202Eb"');
});

it("main() loads neither a command nor an adapter to print help and version", () => {
  const { fs } = fakeHost();
  const root = decodeURIComponent(new URL("../../", import.meta.url).pathname)
    .replace(/^\/(?=[A-Za-z]:)/, "");
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const source = new TextDecoder().decode(fs.read(root + path));
    for (
      const [statement, from] of source.matchAll(/^(?:im|ex)port\b[^;"]*?\bfrom "([^"]+)";$/gm)
    ) {
      if (statement.startsWith("import type") || from === undefined) continue;
      visit(new URL(from, `file:///${path}`).pathname.slice(1));
    }
  };
  visit("src/cli/main.ts");
  visit("src/cli/help/help.ts");
  assertEquals([...seen].sort(), [
    ...[
      "catalog",
      "envelope",
      "exit_codes",
      "help/help",
      "help/version",
      "locate",
      "main",
      "output",
      "sanitize",
    ]
      .map((name) => `src/cli/${name}.ts`),
    "src/cli/split.ts",
    "src/cli/stopping.ts",
    "src/commands/answers.ts",
    "src/commands/command.ts",
    "src/commands/registry.ts",
    ...[
      "errors",
      "input/run_id",
      "input/store_url",
      "input/suggest",
      "json",
      "limits",
      "text",
      "time",
      "version",
    ]
      .map((name) => `src/domain/${name}.ts`),
    "src/ports/host.ts",
    "src/workspace/store/growth.ts",
  ]);
});
