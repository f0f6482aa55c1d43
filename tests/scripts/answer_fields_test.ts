import { answerFindings } from "../../scripts/answer_fields.ts";
import { ANSWERS } from "../../src/commands/answers.ts";
import { assertEquals, itIf } from "../deps.ts";
import { isHeavy } from "../support/length.ts";

// `deno task check` runs it on the real lists, every day.
const it = itIf(isHeavy(), "it takes the types of all commands, only with COORD_HEAVY=1");

/** The fields of a command without those of one stem, and with others. */
function changed(command: string, list: "fields" | "each", drop: string, ...add: string[]) {
  const own = ANSWERS[command] ?? { fields: [] };
  const kept = (own[list] ?? []).filter((name) => name.split(".")[0] !== drop);
  return { [command]: { ...own, [list]: [...kept, ...add] } };
}

it("answerFindings() names each field that is missing, surplus or of another form", () => {
  const answers = {
    ...ANSWERS,
    ...changed("reserve", "fields", "renewed"),
    ...changed("release", "fields", "released_at", "relaesed_at"),
    ...changed("complete", "fields", "run_id"), // a refusal's alone
    ...changed("enqueue", "fields", "payload", "payload"),
    ...changed("claim", "fields", "fence", "fence.*"),
    ...changed("status", "fields", "oldest_pending", "oldest_pending.task_id"),
    ...changed("gc", "each", "reason"),
    ...changed("watch", "fields", "kind"), // a stream
    whoami: { fields: [] },
  };
  assertEquals(answerFindings(answers), [
    "status, oldest_pending: age_seconds is missing",
    "whoami: run_id is missing",
    "whoami: source is missing",
    "whoami: reliable is missing",
    "whoami: variables is missing",
    "watch: kind is missing",
    "gc, items: reason is missing",
    "reserve: renewed is missing",
    "release: no answer has the field relaesed_at",
    "release: released_at is missing",
    "enqueue: payload must be payload.*",
    "claim: fence must be fence",
    "complete: run_id is missing",
  ]);
});
