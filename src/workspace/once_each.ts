/** What a workspace reports, however it is opened. */
import type { Warn } from "../ports/warnings.ts";

/** Reports each warning once. */
export function onceEach({ onWarning }: { readonly onWarning?: Warn }): Warn {
  const reported = new Set<string>();
  return (message) => {
    if (reported.has(message)) return;
    reported.add(message);
    onWarning?.(message);
  };
}
