import { assertEquals, it } from "../../deps.ts";
import { commitsSince } from "../../../src/domain/git/log.ts";

const sha = (digit: string) => digit.repeat(40);

/** A line as git writes it. */
function move(from: string, to: string, seconds: number, what: string): string {
  return `${sha(from)} ${sha(to)} A U Thor <a@example.org> ${seconds} +0200\t${what}\n`;
}

const START = move("0", "a", 100, "commit (initial): first");

it("commitsSince() counts what brings commits after the last time that HEAD was there", () => {
  const log = START + move("a", "b", 200, "commit: second") +
    move("b", "a", 210, "checkout: moving from main to old") +
    move("a", "c", 300, "commit (amend): third") + move("c", "d", 400, "merge topic: Fast-forward");
  assertEquals(commitsSince(log, sha("a")), { count: 2, newestMs: 400_000 });
  assertEquals(commitsSince(log, "cccc"), { count: 1, newestMs: 400_000 });
  assertEquals(commitsSince(log, "DDDDDD"), { count: 0, newestMs: undefined });
});

it("commitsSince() skips moves that bring none", () => {
  const log = START + move("a", "b", 200, "reset: moving to HEAD~1") +
    move("b", "c", 300, "rebase (start): checkout main") +
    move("c", "d", 400, "rebase (pick): work") +
    move("d", "d", 401, "rebase (finish): returning to refs/heads/topic") +
    move("d", "a", 500, "checkout: moving from topic to 0123") +
    move("a", "d", 501, "checkout: moving from 0123 to topic");
  assertEquals(commitsSince(log, "bbbb"), { count: 1, newestMs: 400_000 });
});

it("commitsSince() knows the commit that the log begins after", () => {
  assertEquals(commitsSince(move("a", "b", 200, "pull: Fast-forward"), sha("a")), {
    count: 1,
    newestMs: 200_000,
  });
});

it("commitsSince() does not know commits that never were HEAD, and skips broken lines", () => {
  assertEquals(commitsSince(START, "bbbb"), undefined);
  assertEquals(commitsSince("", "aaaa"), undefined);
  const log = START + "torn" + move("a", "b", 200, "commit: second");
  assertEquals(commitsSince(log, "aaaa"), { count: 0, newestMs: undefined });
});
