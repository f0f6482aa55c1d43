/** Claims that lie ahead are taken from nobody by a process whose own clock is wrong. */
import { isClaimAhead, type Rule, taken } from "../../../domain/task/claim.ts";
import type { WrongClock } from "../disk/wrong_clock.ts";

export class Sparing {
  constructor(readonly wrongClock: WrongClock) {}

  /** A rule that grants, with that exception. */
  rule(rule: Rule, now: number): Rule {
    return (current) => {
      const isSpared = current?.status === "claimed" && isClaimAhead(current, now) &&
        !this.wrongClock.isOver(`The claim of task ${current.task_id}`, current.heartbeat_at);
      return isSpared ? taken(current) : rule(current);
    };
  }
}
