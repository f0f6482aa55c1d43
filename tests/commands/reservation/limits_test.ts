/** Each bound of reservations: the last value that is fine, the first that is not. */
import { main } from "../../../src/cli/main.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost, scratch } from "../../support/fake/host.ts";
import { run256, testLimits } from "../../support/scene/limits.ts";

const ID = "ab".repeat(32);
/** Characters that take two units of text each. */
const faces256 = "🙂".repeat(256);
const reserve = (...words: string[]) => ["reserve", "x", "--run-id", "a", ...words];
const intent = (...words: string[]) => ["intent", "x", "--op", "move", "--run-id", "a", ...words];
const release = (...flags: string[]) => ["release", ID, "--run-id", "a", ...flags];
const addresses = (count: number) => Array.from({ length: count }, (_, at) => `src/${at}`);

testLimits([
  [
    ["heartbeat", ID, "--run-id", "a", "--extension", "0"],
    "bad_args",
    "--extension must be between 1 and 31536000, got 0",
    ["heartbeat", ID, "--run-id", "a", "--extension", "1"],
  ],
  [
    ["heartbeat", ID, "--run-id", "a", "--extension", "31536001"],
    "bad_args",
    "--extension must be between 1 and 31536000, got 31536001",
    ["heartbeat", ID, "--run-id", "a", "--extension", "31536000"],
  ],
  [
    reserve("--ttl", "0"),
    "bad_args",
    "--ttl must be between 1 and 31536000, got 0",
    reserve("--ttl", "1"),
  ],
  [
    reserve("--ttl", "31536001"),
    "bad_args",
    "--ttl must be between 1 and 31536000, got 31536001",
    reserve("--ttl", "31536000"),
  ],
  [
    reserve("--branch", `${run256}r`),
    "bad_args",
    "--branch is longer than 256 characters (257)",
    reserve("--branch", run256),
  ],
  [
    reserve("--op", "eat"),
    "bad_args",
    "--op must be one of rename, move, modify, extract, delete, inline, split, merge",
    reserve("--op", "inline"),
  ],
  [
    ["reserve", "x", "--run-id", `${run256}r`],
    "bad_args",
    "--run-id is longer than 256 characters (257)",
    ["reserve", "x", "--run-id", run256],
  ],
  [
    reserve("a".repeat(1025)),
    "bad_args",
    `ADDRESS "${"a".repeat(40)}…" is longer than 1024 characters (1025)`,
    reserve("a".repeat(1024)),
  ],
  [
    reserve(...addresses(1000)),
    "bad_args",
    "ADDRESS names 1001 addresses, and 1000 are allowed",
    reserve(...addresses(999)),
  ],
  [
    intent("--detail", "d".repeat(4097)),
    "bad_args",
    "--detail is longer than 4096 characters (4097)",
    intent("--detail", "d".repeat(4096)),
  ],
  [
    intent(...addresses(1000)),
    "bad_args",
    "ADDRESS names 1001 addresses, and 1000 are allowed",
    intent(...addresses(999)),
  ],
  [
    intent("--reservation-id", "abcde"),
    "bad_id",
    "--reservation-id needs at least 6 hex digits, and has 5",
    intent("--reservation-id", "abcdef"),
  ],
  [
    release("--reason", "r".repeat(257)),
    "bad_args",
    "--reason is longer than 256 characters (257)",
    release("--reason", "r".repeat(256)),
  ],
  [
    ["release", "abcde", "--run-id", "a"],
    "bad_id",
    "ID needs at least 6 hex digits, and has 5",
    ["release", "abcdef", "--run-id", "a"],
  ],
  [
    ["heartbeat", "abcde", "--run-id", "a"],
    "bad_id",
    "ID needs at least 6 hex digits, and has 5",
    ["heartbeat", "abcdef", "--run-id", "a"],
  ],
  [
    ["heartbeat", ID, "--run-id", `${run256}r`],
    "bad_args",
    "--run-id is longer than 256 characters (257)",
    ["heartbeat", ID, "--run-id", run256],
  ],
  [
    ["gc", "--grace", "-1"],
    "bad_args",
    "--grace must be between 0 and 3155760000, got -1",
    ["gc", "--grace", "0"],
  ],
  [
    ["gc", "--grace", "3155760001"],
    "bad_args",
    "--grace must be between 0 and 3155760000, got 3155760001",
    ["gc", "--grace", "3155760000"],
  ],
  [
    ["reserve", "x", "--run-id", ""],
    "bad_args",
    "--run-id must not be empty",
    ["reserve", "x", "--run-id", "r"],
  ],
  [
    ["reserve", "x", "--run-id", `${faces256}r`],
    "bad_args",
    "--run-id is longer than 256 characters (257)",
    ["reserve", "x", "--run-id", faces256],
  ],
  [
    ["reserve", "x", "--run-id", "r\u2028"],
    "bad_args",
    "--run-id must not hold control or line-separator characters",
    ["reserve", "x", "--run-id", "r\u2027"],
  ],
  [
    ["reserve"],
    "bad_args",
    "ADDRESS is required",
    ["reserve", "x"],
  ],
  [
    intent("--branch", `${run256}r`),
    "bad_args",
    "--branch is longer than 256 characters (257)",
    intent("--branch", run256),
  ],
  [
    ["intent", "x", "--op", "move", "--run-id", `${run256}r`],
    "bad_args",
    "--run-id is longer than 256 characters (257)",
    ["intent", "x", "--op", "move", "--run-id", run256],
  ],
  [
    ["intent", "x", "--op", "eat", "--run-id", "a"],
    "bad_args",
    "--op must be one of rename, move, modify, extract, delete, inline, split, merge",
    ["intent", "x", "--op", "merge", "--run-id", "a"],
  ],
  [
    ["intent", "x", "--run-id", "a"],
    "bad_args",
    "--op is required",
    ["intent", "x", "--op", "split", "--run-id", "a"],
  ],
  [
    intent("a".repeat(1025)),
    "bad_args",
    `ADDRESS "${"a".repeat(40)}…" is longer than 1024 characters (1025)`,
    intent("a".repeat(1024)),
  ],
  [
    release("--reason", "two\nlines"),
    "bad_args",
    "--reason must not hold control or line-separator characters",
    release("--reason", "two lines"),
  ],
  [
    release("--reason", ""),
    "bad_args",
    "--reason must not be empty",
    release("--reason", "."),
  ],
  [
    ["release", ID],
    "bad_args",
    "--run-id is required, or $COORD_RUN_ID",
    ["release", ID, "--run-id", "a"],
  ],
  [
    ["release", ID, "--run-id", `${run256}r`],
    "bad_args",
    "--run-id is longer than 256 characters (257)",
    ["release", ID, "--run-id", run256],
  ],
  [
    ["release", `${ID}a`, "--run-id", "a"],
    "bad_id",
    "ID has 65 hex digits, and an id has 64",
    ["release", `sha256:${ID}`, "--run-id", "a"],
  ],
  [
    ["heartbeat", ID],
    "bad_args",
    "--run-id is required, or $COORD_RUN_ID",
    ["heartbeat", ID, "--run-id", "a"],
  ],
  [
    ["list", "--run-id", `${run256}r`],
    "bad_args",
    "--run-id is longer than 256 characters (257)",
    ["list", "--run-id", run256],
  ],
  [
    ["list", "--branch", `${run256}r`],
    "bad_args",
    "--branch is longer than 256 characters (257)",
    ["list", "--branch", run256],
  ],
  [
    ["list", "--kind", "release"],
    "bad_args",
    "--kind must be one of reservation, intent",
    ["list", "--kind", "reservations"],
  ],
  [
    ["forecast", "--branch", `${run256}r`, "--run-id", `${run256}r`],
    "bad_args",
    "--branch is longer than 256 characters (257); --run-id is longer than 256 characters (257)",
    ["forecast", "--branch", run256, "--run-id", run256],
  ],
  [
    ["watch", "--once", "--branch", `${run256}r`, "--run-id", `${run256}r`],
    "bad_args",
    "--run-id is longer than 256 characters (257); --branch is longer than 256 characters (257)",
    ["watch", "--once", "--branch", run256, "--run-id", run256],
  ],
]);

it("a reservation and an intent at all their limits are kept and shown whole", async () => {
  using folder = scratch();
  const call = async (...args: string[]) => {
    const host = fakeHost({ args: [...args, "--json"], cwd: folder.path });
    assertEquals([await main(host), host.err], [0, ""]);
    return JSON.parse(host.out);
  };
  await call("init");
  // Globs of one folder lie together, so that few folders have to be synced.
  const wide = (text: string) => text + "🙂".repeat(1024 - text.length);
  const globs = Array.from({ length: 199 }, (_, at) => wide(`src/*.${at}.`));
  const all = [...globs, "a/".repeat(511) + "bc"];
  const who = ["--run-id", faces256, "--branch", faces256];
  const more = ["--op", "extract", "--ttl", "31536000", "--exclusive"];
  const { reservation_id: id } = await call("reserve", ...all, ...who, ...more);
  const detail = "\u2028".repeat(4096);
  await call("intent", ...all, ...who, "--op", "move", "--detail", detail, "--reservation-id", id);
  const { reservations, intents, warnings } = await call("list");
  assertEquals([reservations[0].addresses, reservations[0].run_id], [all, faces256]);
  assertEquals([intents[0].addresses, intents[0].detail, warnings], [all, detail, []]);
  const named = String(globs[7]).replace("*", "x");
  const { conflicts } = await call("reserve", named, "a", "--run-id", "b");
  assertEquals(
    conflicts.map((each: { their_address: string }) => all.indexOf(each.their_address)),
    [7, 199],
  );
});
