/** Who calls, for flags that speak of the caller where `--run-id` is otherwise a filter. */
import { badInput } from "../domain/errors.ts";
import { UNKNOWN_RUN } from "../domain/limits.ts";
import type { Host } from "../ports/host.ts";

/** The caller's run id, by the one rule for it; without any, `flag` is bad input. */
export async function callerId(
  host: Host,
  explicit: string | undefined,
  flag: string,
): Promise<string> {
  const { identify } = await import("../domain/input/run_id.ts");
  const { run_id } = identify(explicit, (name) => host.env(name));
  if (run_id !== UNKNOWN_RUN) return run_id;
  const message = "needs a run id: --run-id, or $COORD_RUN_ID";
  throw badInput([{ field: flag, code: "bad_args", message }]);
}
