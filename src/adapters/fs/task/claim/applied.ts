/** What a store answers to a decision that writes nothing. */
import type { Decision } from "../../../../domain/task/claim.ts";
import type { Applied } from "../../../../ports/tasks.ts";

export function answerOf(decision: Exclude<Decision, { kind: "write" }>): Applied {
  if (decision.kind === "refuse") return { kind: "refused", refusal: decision.refusal };
  return { kind: "kept", claim: decision.claim, warning: decision.warning };
}
