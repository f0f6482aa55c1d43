import { assertEquals, it } from "../../../deps.ts";
import { ensureDir } from "../../../../src/adapters/fs/disk/ensure_dir.ts";
import { HostError, type HostErrorCode, type HostFs } from "../../../../src/ports/host.ts";

/** Files whose `makeDir` fails as told, call by call, and then works. */
function failing(codes: HostErrorCode[], kind: "directory" | "file" | undefined) {
  let calls = 0;
  const fs = {
    makeDir(path: string) {
      const code = codes[calls++];
      if (code !== undefined) throw new HostError(code, "create directory", path);
    },
    stat: () => kind === undefined ? undefined : { kind, size: 0, mtimeMs: 0, ino: 0 },
  } as unknown as HostFs;
  let thrown: unknown;
  try {
    ensureDir(fs, "a/b");
  } catch (error) {
    thrown = (error as HostError).code;
  }
  return [calls, thrown];
}

it("ensureDir() goes on while others remove what it makes", () => {
  assertEquals(failing(["not_found", "exists", "not_found"], undefined), [4, undefined]);
});

it("ensureDir() is content when another process was first", () => {
  assertEquals(failing(["exists"], "directory"), [1, undefined]);
});

it("ensureDir() passes on every other failure", () => {
  assertEquals(failing(["exists"], "file"), [1, "exists"]);
  assertEquals(failing(["permission"], undefined), [1, "permission"]);
});
