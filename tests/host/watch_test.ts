import { assertEquals, it } from "../deps.ts";
import { detectHost } from "../../src/host/detect.ts";
import { until } from "../support/program/working.ts";
import { write } from "../support/scene/journals.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const { watch } = await detectHost();

it("watch() gives no hint any more once it is closed, also of what was read before", async () => {
  const dir = makeTempDir();
  const fails = (error: unknown) => {
    throw error;
  };
  for (let n = 0; n < 20; n++) {
    let isClosed = false;
    let late = 0;
    // The kernel gives both one change, and the first that hears of it closes the other one.
    const first = watch([dir], () => {
      second.close();
      isClosed = true;
    }, fails);
    const second = watch([dir], () => late += isClosed ? 1 : 0, fails);
    write(`${dir}/a${n}`, "");
    await until("a change is heard of", () => isClosed);
    first.close();
    assertEquals(late, 0);
  }
});
