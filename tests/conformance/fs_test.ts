/** The store of plain files keeps what every store promises. */
import { initWorkspace, openFsStore } from "../../src/adapters/fs/open.ts";
import { detectHost } from "../../src/host/detect.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import { type OpenStore, storeSuite } from "./harness.ts";
import { checkSuite } from "./check.ts";
import { exclusionSuite } from "./exclusion.ts";
import { laneSuite } from "./lane.ts";
import { mineSuite } from "./mine.ts";
import { reservationSuite } from "./reservation.ts";
import { taskSuite } from "./task.ts";
import { watchSuite } from "./watch.ts";

const host = await detectHost();

const open: OpenStore = async (clock) => {
  const dir = makeTempDir();
  const { path } = initWorkspace(host, dir);
  const second = () => openFsStore(host, path, clock.now, () => {});
  return await { store: second(), second, clock };
};

storeSuite("files", open);
taskSuite("files", open);
reservationSuite("files", open);
checkSuite("files", open);
mineSuite("files", open);
laneSuite("files", open);
exclusionSuite("files", open);
watchSuite("files", open);
