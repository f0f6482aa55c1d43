/** What the server writes of a grant by itself is what the rule says of each task. */
import { granting, Template } from "../../../src/adapters/postgres/task/at_once.ts";
import { DEFINED, rowOf } from "../../../src/adapters/postgres/task/row.ts";
import { grant } from "../../../src/domain/task/claim.ts";
import type { TaskRecord } from "../../../src/domain/task/task.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { newSeed } from "../../support/random.ts";

const NOW = Date.UTC(2026, 0, 2);

it("a Template is what the rule grants of any task that was never claimed", () => {
  const random = newSeed("grants at once");
  for (let n = 0; n < 200; n++) {
    const maybe = <T>(fields: T) => random.below(2) === 0 ? fields : {};
    const task: TaskRecord = {
      task_id: `sha256:${n}`,
      title: `"${n}"`,
      priority: random.below(9) - 4,
      queue: `q${random.below(3)}`,
      ttl_seconds: 100_000 + random.below(100_000),
      created_by: "p",
      created_at: formatTime(NOW - random.below(50_000)),
      tags: [`t${n}`],
      payload: { n },
      ...maybe({ not_before: formatTime(NOW - random.below(1_000)) }),
      ...maybe({ needs: ["gpu"] }),
      ...maybe({
        max_attempts: 1 + random.below(3),
        backoff: { seconds: 5, factor: 2, max_seconds: 60 },
      }),
      ...maybe({ key: "k", delay_seconds: random.below(10) }),
    };
    const ttlSeconds = [300, 3600][random.below(2)] ?? 300;
    const who = { runId: `a-${n}`, ttlSeconds, nonce: crypto.randomUUID() };
    const decision = grant({ ...who, task, now: NOW })(undefined);
    assert_(decision.kind === "write");
    const template = new Template({ grant: who, effort: "quick" }, NOW);
    const { claim } = template.of({ task, claim: undefined });
    assertEquals(JSON.stringify(claim), JSON.stringify(decision.next));
    const row = rowOf({ task, claim }, NOW);
    const [, placeholder = ""] = /replace\(r\.claim, '([^']+)'/.exec(granting("$1", "$2")) ?? [];
    const written = JSON.parse(template.row.replaceAll(placeholder, task.task_id));
    const before = rowOf({ task, claim: undefined }, NOW);
    for (const [name, value] of Object.entries(row)) {
      const kept = DEFINED.includes(name) ? Object.entries(before) : Object.entries(written);
      assertEquals(new Map(kept).get(name), value, name);
    }
  }
});
