import { it } from "../deps.ts";
import { quickFs } from "../support/crash/queue_cases.ts";
import { cutOffAnywhere, failAnywhere, isFailure } from "../support/crash/every_fault.ts";
import { type Fault, faulty, PowerOff } from "../support/crash/faulty_fs.ts";
import { isHeavy } from "../support/length.ts";
import { newSeed } from "../support/random.ts";
import {
  openAt,
  prepareReservations,
  RESERVATION_CASES,
  type ReservationCase,
  reservationFindings,
} from "../support/crash/reservation_cases.ts";

/** Does a case with a fault in the file system; what came of it. */
async function attempt(one: ReservationCase, fault: Fault) {
  using prepared = await prepareReservations(one);
  const broken = faulty(quickFs, fault);
  let error: unknown;
  try {
    await one.act(openAt(prepared.workspace, one.second, broken.fs), prepared.id);
  } catch (reason) {
    error = reason;
  }
  const problems = await reservationFindings(one, prepared, error === undefined);
  return { hit: broken.hit, error, problems };
}

const random = newSeed("reservations cut off");

/** Every operation in the long run, some of them in the short one. */
function stride(): number {
  return isHeavy() ? 1 : 1 + random.below(20);
}

for (const one of RESERVATION_CASES) {
  const tries = { attempt: (fault: Fault) => attempt(one, fault), stride };

  it(`${one.name}, cut off at any operation, leaves reservations that others can go on with`, async () => {
    const at = await cutOffAnywhere(tries, (error) => error instanceof PowerOff);
    console.log(`${one.name}: cut off at operations up to ${at}`);
  });

  it(`${one.name} rejects with the failure of any operation on the files, and all is well afterwards`, async () => {
    const at = await failAnywhere(tries, isFailure);
    console.log(`${one.name}: failures of operations up to ${at}`);
  });
}
