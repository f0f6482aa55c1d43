/**
 * Checks a space: that each record can be read as what it is, that what is derived from it says the same,
 * and that no number was given out that may come again. Others may work meanwhile.
 */
import type { CheckAsked, Checked, Checker } from "../../../ports/upkeep.ts";
import type { Space } from "../space.ts";
import { Findings } from "./findings.ts";
import { checkCounters, checkHolds, checkOthers } from "./holds.ts";
import { checkJournal } from "./journal.ts";
import { checkTasks } from "./tasks.ts";

export class PostgresChecker implements Checker {
  constructor(readonly space: Space) {}

  async check(asked: CheckAsked): Promise<Checked> {
    const findings = new Findings(this.space, asked);
    await checkTasks(findings);
    await checkHolds(findings);
    await checkOthers(findings);
    await checkJournal(findings);
    await checkCounters(findings);
    const { damages, looked } = findings;
    return { damages, looked };
  }
}
