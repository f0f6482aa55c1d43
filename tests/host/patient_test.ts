import { MAX_FILE_WAIT_MS } from "../../src/domain/limits.ts";
import { detectHost } from "../../src/host/detect.ts";
import { patient } from "../../src/host/patient.ts";
import { HostError, type HostErrorReason, type HostFs } from "../../src/ports/host.ts";
import { assertEquals, assertThrows, it } from "../deps.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const { fs } = await detectHost();

/** Files whose operations fail a number of times before they work, and the time waited for them. */
function held(times: number, code: HostErrorReason): { files: HostFs; waited: () => number } {
  let left = times;
  let ms = 0;
  const failing =
    <A extends readonly unknown[], R>(operation: (...args: A) => R) => (...args: A) => {
      if (left-- > 0) throw new HostError(code, "use", String(args[0]));
      left = times;
      return operation(...args);
    };
  const files = {
    ...fs,
    read: failing(fs.read),
    append: failing(fs.append),
    createNew: failing(fs.createNew),
    link: failing(fs.link),
    rename: failing(fs.rename),
    remove: failing(fs.remove),
  };
  return { files: patient(files, (pause) => ms += pause), waited: () => ms };
}

it("patient() does what works once others let go of the file, and does it once", () => {
  const folder = makeTempDir();
  const { files, waited } = held(5, "busy");
  const text = (name: string) => new TextDecoder().decode(files.read(`${folder}/${name}`));
  assertEquals(files.createNew(`${folder}/a`, new TextEncoder().encode("x")), true);
  files.append(`${folder}/a`, new TextEncoder().encode("y"));
  assertEquals(files.link(`${folder}/a`, `${folder}/b`), true);
  assertEquals(files.rename(`${folder}/a`, `${folder}/c`), true);
  assertEquals([text("b"), text("c")], ["xy", "xy"]);
  assertEquals([files.remove(`${folder}/b`), files.remove(`${folder}/b`)], [true, false]);
  assertEquals(waited(), 8 * (1 + 2 + 4 + 8 + 16));
});

it("patient() waits for names that are denied, and for nothing else that is", () => {
  const path = `${makeTempDir()}/a`;
  const { files } = held(1, "permission");
  assertEquals(files.createNew(path, new Uint8Array([1])), true);
  assertThrows(() => files.read(path), HostError, "permission denied");
  const full = held(1, "no_space");
  assertThrows(() => full.files.remove(path), HostError, "no space left");
  assertEquals(full.waited(), 0);
});

it("patient() gives up in time, with the last error", () => {
  const { files, waited } = held(1_000, "busy");
  assertThrows(() => files.rename("/a", "/b"), HostError, "another program has it open");
  assertEquals(waited() <= MAX_FILE_WAIT_MS && waited() > MAX_FILE_WAIT_MS / 4, true);
});
