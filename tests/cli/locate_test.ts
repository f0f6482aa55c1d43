import { locate, type Located } from "../../src/cli/locate.ts";
import { assertEquals, it } from "../deps.ts";

const KNOWN = new Set(["claim", "tasks", "lane acquire", "lane release"]);

function found(line: string): Located {
  return locate(line === "" ? [] : line.split(" "), KNOWN, { "lease-lane": "lane" });
}

it("locate() finds the command behind flags and their values", () => {
  assertEquals(
    [
      "claim",
      "-j claim",
      "--dir claim tasks",
      "-C claim tasks",
      "--format json tasks",
      "--dir=x tasks",
    ]
      .map((line) => [found(line).name, found(line).known]),
    [["claim", true], ["claim", true], ...Array(4).fill(["tasks", true])],
  );
});

it("locate() takes the name out and leaves the rest in its order", () => {
  assertEquals(found("-j claim --run-id a b").rest, ["-j", "--run-id", "a", "b"]);
  assertEquals(found("coord claim coord").rest, ["coord"]);
});

it("locate() ignores a leading coord, once", () => {
  assertEquals(found("coord claim").name, "claim");
  assertEquals(found("coord coord claim").name, "coord");
  assertEquals(found("coord").name, undefined);
});

it("locate() knows names of two words, old names, and groups", () => {
  assertEquals(
    ["lane acquire x", "lease-lane acquire x", "lane -j release", "lane", "lane aquire"]
      .map((line) => [found(line).name, found(line).known]),
    [
      ["lane acquire", true],
      ["lane acquire", true],
      ["lane release", true],
      ["lane", false],
      ["lane aquire", false],
    ],
  );
  assertEquals(found("coord lease-lane acquire x --ttl 5").rest, ["x", "--ttl", "5"]);
});

it("locate() goes by the flags of every command, in their short forms too", () => {
  assertEquals(
    ["-jC claim tasks", "-Cclaim tasks", "-C=claim tasks", "-Cj tasks", "-C -j tasks", "-hj tasks"]
      .map((line) => found(line).name),
    Array(6).fill("tasks"),
  );
  assertEquals(found("-jC claim tasks --queue q").rest, ["-jC", "claim", "--queue", "q"]);
  assertEquals([found("-C -- tasks").name, found("claim -- tasks").rest], [
    undefined,
    ["--", "tasks"],
  ]);
});

it("locate() takes nothing after -- for a command", () => {
  assertEquals([found("-- claim").name, found("").name], [undefined, undefined]);
});
