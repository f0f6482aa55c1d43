/** Each bound of the queue and of watch: the last value that is fine, the first that is not. */
import { main } from "../../../src/cli/main.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost, scratch } from "../../support/fake/host.ts";
import { run256, testLimits } from "../../support/scene/limits.ts";

const ID = "ab".repeat(32);
const deep = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);
/** A JSON object of a number of bytes. */
const bytes = (count: number) => JSON.stringify({ a: "x".repeat(count - 8) });
const claim = (...flags: string[]) => ["claim", "--run-id", "a", ...flags];
const enqueue = (...flags: string[]) => ["enqueue", "x", "--run-id", "a", ...flags];
const complete = (...flags: string[]) => ["complete", ID, "--run-id", "a", ...flags];

testLimits([
  [
    enqueue("--priority", "2147483648"),
    "bad_args",
    "--priority must be between -2147483648 and 2147483647, got 2147483648",
    enqueue("--priority", "2147483647"),
  ],
  [
    enqueue("--priority", "-2147483649"),
    "bad_args",
    "--priority must be between -2147483648 and 2147483647, got -2147483649",
    enqueue("--priority", "-2147483648"),
  ],
  [
    enqueue("--queue", "q".repeat(65)),
    "bad_queue",
    "--queue must be 1 to 64 of the characters A-Z a-z 0-9 _ -",
    enqueue("--queue", "q".repeat(64)),
  ],
  [
    enqueue("--ttl", "0"),
    "bad_args",
    "--ttl must be between 1 and 3155760000, got 0",
    enqueue("--ttl", "1"),
  ],
  [
    enqueue("--ttl", "3155760001"),
    "bad_args",
    "--ttl must be between 1 and 3155760000, got 3155760001",
    enqueue("--ttl", "3155760000"),
  ],
  [
    enqueue("--payload", bytes(65_537)),
    "bad_payload",
    "--payload is larger than 65536 bytes (65537)",
    enqueue("--payload", bytes(65_536)),
  ],
  [
    enqueue("--payload", deep(129)),
    "bad_payload",
    "--payload is nested deeper than 128 levels",
    enqueue("--payload", deep(128)),
  ],
  [
    enqueue("--payload", '"text"'),
    "bad_payload",
    "--payload must be a JSON object",
    enqueue("--payload", "{}"),
  ],
  [
    enqueue("--tags", Array(33).fill("t").join(",")),
    "bad_args",
    "--tags holds 33 tags, and 32 are allowed",
    enqueue("--tags", Array(32).fill("t").join(",")),
  ],
  [
    enqueue("--tags", "t".repeat(65)),
    "bad_args",
    "--tags holds a tag longer than 64 characters (65)",
    enqueue("--tags", "t".repeat(64)),
  ],
  [
    ["enqueue", "x", "--run-id", `${run256}r`],
    "bad_args",
    "--run-id is longer than 256 characters (257)",
    ["enqueue", "x", "--run-id", run256],
  ],
  [
    ["enqueue", " ", "--run-id", "a"],
    "bad_args",
    "TITLE must not be empty",
    ["enqueue", ".", "--run-id", "a"],
  ],
  [
    claim("--claim-ttl", "0"),
    "bad_args",
    "--claim-ttl must be between 1 and 86400, got 0",
    claim("--claim-ttl", "1"),
  ],
  [
    claim("--claim-ttl", "86401"),
    "bad_args",
    "--claim-ttl must be between 1 and 86400, got 86401",
    claim("--claim-ttl", "86400"),
  ],
  [
    claim("--wait", "-1"),
    "bad_args",
    "--wait must be between 0 and 3600, got -1",
    claim("--wait", "0"),
  ],
  [
    claim("--wait", "3600.5"),
    "bad_args",
    "--wait must be between 0 and 3600, got 3600.5",
    claim("--wait", "0.001"),
  ],
  [
    claim("--queue", "a/b"),
    "bad_queue",
    "--queue must be 1 to 64 of the characters A-Z a-z 0-9 _ -",
    claim("--queue", "a_B-9"),
  ],
  [
    ["claim", "--run-id", `${run256}r`],
    "bad_args",
    "--run-id is longer than 256 characters (257)",
    ["claim", "--run-id", run256],
  ],
  [
    complete("--result", bytes(65_537)),
    "bad_payload",
    "--result is larger than 65536 bytes (65537)",
    complete("--result", bytes(65_536)),
  ],
  [
    complete("--result", "[]"),
    "bad_payload",
    "--result must be a JSON object",
    complete("--result", "{}"),
  ],
  [
    complete("--fence", "-1"),
    "bad_args",
    "--fence must be at least 0, got -1",
    complete("--fence", "0"),
  ],
  [
    ["fail-task", ID, "--run-id", "a", "--error", "e".repeat(4097)],
    "bad_args",
    "--error is longer than 4096 characters (4097)",
    ["fail-task", ID, "--run-id", "a", "--error", "e".repeat(4096)],
  ],
  [
    ["cancel-task", "abcde", "--run-id", "a"],
    "bad_task_id",
    "ID needs at least 6 hex digits, and has 5",
    ["cancel-task", "abcdef", "--run-id", "a"],
  ],
  [
    ["cancel-task", `${ID}a`, "--run-id", "a"],
    "bad_task_id",
    "ID has 65 hex digits, and an id has 64",
    ["cancel-task", `sha256:${ID}`, "--run-id", "a"],
  ],
  [
    ["tasks", "--limit", "-1"],
    "bad_args",
    "--limit must be between 0 and 10000, got -1",
    ["tasks", "--limit", "0"],
  ],
  [
    ["tasks", "--limit", "10001"],
    "bad_args",
    "--limit must be between 0 and 10000, got 10001",
    ["tasks", "--limit", "10000"],
  ],
  [
    ["watch", "--once", "--poll-interval", "0.009"],
    "bad_args",
    "--poll-interval must be between 0.01 and 3600, got 0.009",
    ["watch", "--once", "--poll-interval", "0.01"],
  ],
]);

it("enqueue cuts a title after 200 characters, with a warning", async () => {
  using folder = scratch();
  await main(fakeHost({ args: ["init"], cwd: folder.path }));
  const args = ["enqueue", "t".repeat(201), "--run-id", "a", "-j"];
  const host = fakeHost({ args, cwd: folder.path });
  assertEquals(await main(host), 0);
  const { title, warnings } = JSON.parse(host.out);
  assertEquals([title, warnings], [
    "t".repeat(200),
    ["Title cut after 200 characters, it has 201"],
  ]);
});
