import { isWindows, watchdog } from "../../src/host/watchdog.ts";
import { assert_, assertEquals, itIf } from "../deps.ts";
import { writtenTo } from "../support/program/working.ts";

const itHere = itIf(!isWindows, "Windows has no groups");

/** Above the number of any process. */
const GROUP = 900_000_000;

const lines = () => writtenTo(watchdog.file ?? -1).split("\n");

itHere("watchdog begins its file again now and then, but never while a command runs", () => {
  watchdog.start();
  const comesAndGoes = (times: number, first: number) => {
    for (let i = 0; i < times; i++) {
      watchdog.expect();
      watchdog.add(first + i, true);
      watchdog.remove(first + i);
    }
  };
  let most = 0;
  for (let i = 0; i < 1_000; i++) {
    comesAndGoes(1, GROUP + i);
    most = Math.max(most, lines().length);
  }
  assert_(most >= 100 && most < 1_000, `${most} lines`);

  watchdog.expect();
  watchdog.add(GROUP, true);
  comesAndGoes(1_000, GROUP + 1);
  assert_(lines().includes(`+${GROUP}`), "the one that runs is noted");
  watchdog.remove(GROUP);

  comesAndGoes(1, GROUP);
  assertEquals(lines(), ["starting", `+${GROUP}`, `-${GROUP}`]);

  watchdog.expect();
  watchdog.add(GROUP, false);
  watchdog.remove();
  comesAndGoes(1, GROUP);
  assertEquals(lines(), ["starting", `+${GROUP}`, `-${GROUP}`]);
  assertEquals(watchdog.running, 0);
});
