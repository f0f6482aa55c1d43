/** Opens a workspace of plain files. */
import type { Host } from "../../ports/host.ts";
import type { Store } from "../../ports/store.ts";
import type { Warn } from "../../ports/warnings.ts";
import { Layout } from "./layout.ts";
import { FsRecordSource } from "./record_source.ts";
import { FsTaskStore } from "./tasks.ts";

export { findWorkspace, initWorkspace } from "./layout.ts";

/** The stores of the workspace at `location`, as `findWorkspace` tells it. */
export function openFsStore(host: Host, location: string, warn: Warn): Store {
  const layout = new Layout(location);
  return {
    location,
    tasks: new FsTaskStore(host, layout, warn),
    records: new FsRecordSource(host, layout, warn),
  };
}
