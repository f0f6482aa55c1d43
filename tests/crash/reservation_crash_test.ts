import { HostError, type HostErrorCode } from "../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { quickFs } from "../support/crash_cases.ts";
import { type Fault, faulty, PowerOff } from "../support/faulty_fs.ts";
import { isHeavy } from "../support/processes.ts";
import { newSeed } from "../support/random.ts";
import {
  openAt,
  prepareReservations,
  RESERVATION_CASES,
  type ReservationCase,
  reservationFindings,
} from "../support/reservation_crash_cases.ts";

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
  return isHeavy() ? 1 : 1 + random.below(5);
}

for (const one of RESERVATION_CASES) {
  it(`${one.name}, cut off at any operation, leaves reservations that others can go on with`, async () => {
    let at = 1;
    for (;; at += stride()) {
      const cut = await attempt(one, { kind: "off", at, torn: false });
      assertEquals(cut.problems, [], `cut off at operation ${at}, ${cut.hit}`);
      if (cut.hit === undefined) break;
      assert_(cut.error === undefined || cut.error instanceof PowerOff, `at ${at}: ${cut.error}`);
      if (cut.hit !== "createNew") continue;
      const torn = await attempt(one, { kind: "off", at, torn: true });
      assertEquals(torn.problems, [], `torn at operation ${at}`);
    }
    console.log(`${one.name}: cut off at operations up to ${at}`);
  });

  it(`${one.name} rejects with the failure of any operation on the files, and all is well afterwards`, async () => {
    const codes: readonly HostErrorCode[] = ["no_space", "permission", "read_only"];
    let at = 1;
    for (let hit: unknown = "";; at += stride()) {
      const some = isHeavy() ? codes : [codes[at % codes.length] as HostErrorCode];
      for (const code of some) {
        const failed = await attempt(one, { kind: "error", at, code });
        hit = failed.hit;
        assertEquals(failed.problems, [], `${code} at operation ${at}, ${failed.hit}`);
        const { error } = failed;
        if (error === undefined) continue;
        assert_(error instanceof HostError, `at ${at}: ${error}`);
        assertEquals(error.code, code);
      }
      if (hit === undefined) break;
    }
    console.log(`${one.name}: failures of operations up to ${at}`);
  });
}
