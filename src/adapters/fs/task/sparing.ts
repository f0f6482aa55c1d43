/** Claims that lie ahead are taken from nobody by a process whose own clock is wrong. */
import { isClaimAhead, taken, type TransitionRule } from "../../../domain/task/claim.ts";
import type { WrongClock } from "../disk/wrong_clock.ts";

export class Sparing {
  constructor(readonly wrongClock: WrongClock) {}

  /** A rule that grants, with that exception. */
  rule(rule: TransitionRule, now: number): TransitionRule {
    return (current) => {
      const isSpared = current?.status === "claimed" && isClaimAhead(current, now) &&
        !this.wrongClock.isOver(`The claim of task ${current.task_id}`, current.heartbeat_at);
      return isSpared ? taken(current) : rule(current);
    };
  }
}
