/** The store in memory keeps what every store promises. */
import { openMemoryStore } from "../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../src/adapters/memory/workspace.ts";
import { type OpenStore, storeSuite } from "./harness.ts";
import { checkSuite } from "./check.ts";
import { exclusionSuite } from "./exclusion.ts";
import { laneSuite } from "./lane.ts";
import { mineSuite } from "./mine.ts";
import { reservationSuite } from "./reservation.ts";
import { taskSuite } from "./task.ts";
import { watchSuite } from "./watch.ts";

const open: OpenStore = async (clock) => {
  const workspace = new MemoryWorkspace({ clock: clock.now });
  const second = () => openMemoryStore(workspace);
  return await { store: second(), second, clock };
};

storeSuite("memory", open);
taskSuite("memory", open);
reservationSuite("memory", open);
checkSuite("memory", open);
mineSuite("memory", open);
laneSuite("memory", open);
exclusionSuite("memory", open);
watchSuite("memory", open);
