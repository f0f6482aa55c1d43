import { assertEquals, it } from "../deps.ts";
import {
  type CrashCase,
  findings,
  openQueue,
  prepare,
  quickFs,
} from "../support/crash/queue_cases.ts";
import { ALL_CASES } from "../support/crash/requeue_cases.ts";
import { cutOffAnywhere, failAnywhere, isFailure } from "../support/crash/every_fault.ts";
import { type Fault, faulty, PowerOff } from "../support/crash/faulty_fs.ts";
import { start } from "../support/race/processes.ts";
import { isHeavy, sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";

/** Does a case with a fault in the file system; what came of it. */
async function attempt(crash: CrashCase, fault: Fault) {
  using prepared = await prepare(crash);
  const broken = faulty(quickFs, fault);
  const { queue } = openQueue(prepared.workspace, crash.second, broken.fs);
  let error: unknown;
  try {
    await crash.act(queue, prepared.id);
  } catch (reason) {
    error = reason;
  }
  return { hit: broken.hit, error, problems: await findings(crash, prepared, error === undefined) };
}

const random = newSeed("queue cut off");

/** Every operation in the long run, some of them in the short one. */
function stride(): number {
  return isHeavy() ? 1 : 1 + random.below(16);
}

for (const crash of ALL_CASES) {
  const tries = { attempt: (fault: Fault) => attempt(crash, fault), stride };

  it(`${crash.name}, cut off at any operation, leaves it done or not done and a queue that goes on`, async () => {
    const at = await cutOffAnywhere(tries, (error) => error instanceof PowerOff);
    console.log(`${crash.name}: cut off at operations up to ${at}`);
  });

  it(`${crash.name} rejects with the failure of any operation, and all is well afterwards`, async () => {
    const at = await failAnywhere(tries, isFailure);
    console.log(`${crash.name}: failures of operations up to ${at}`);
  });
}

it("a process killed by SIGKILL in the middle of an operation leaves a queue that goes on", async () => {
  for (const crash of ALL_CASES) {
    for (let sample = 0; sample < sized(1, 6, 60); sample++) {
      using prepared = await prepare(crash);
      const at = 1 + random.below(20);
      const child = start("crash/crasher.ts", { ...prepared, name: crash.name, at });
      const { code, output } = await child.ended;
      assertEquals(output, code === 0 ? "done" : "");
      assertEquals(await findings(crash, prepared, code === 0), [], `${crash.name} at ${at}`);
    }
  }
});
