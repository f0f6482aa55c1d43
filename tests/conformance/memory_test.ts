/** The store in memory keeps what every store promises. */
import { openMemoryStore } from "../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../src/adapters/memory/workspace.ts";
import type { OpenStore } from "./harness.ts";
import { conformance } from "./suites.ts";

const open: OpenStore = async (clock) => {
  const workspace = new MemoryWorkspace({ clock: clock.now });
  const second = () => openMemoryStore(workspace);
  return await { store: second(), second, clock };
};

conformance("memory", open);
