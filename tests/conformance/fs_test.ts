/** The store of plain files keeps what every store promises. */
import { initWorkspace, openFsStore } from "../../src/adapters/fs/open.ts";
import { detectHost } from "../../src/host/detect.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import type { OpenStore } from "./harness.ts";
import { conformance } from "./suites.ts";
import { viewSuite } from "./views.ts";

const host = await detectHost();

const open: OpenStore = async (clock) => {
  const dir = makeTempDir();
  const { path } = initWorkspace(host, dir);
  const second = () => openFsStore(host, path, clock.now, () => {});
  return await { store: second(), second, clock };
};

conformance("files", open);
viewSuite("files", open);
