import { assertEquals, it } from "../../../deps.ts";
import { ensureDir, ensureLastingDir } from "../../../../src/adapters/fs/disk/ensure_dir.ts";
import { HostError, type HostErrorReason, type HostFs } from "../../../../src/ports/host.ts";

/** Files whose `makeDir` fails as given, call by call, and then works. */
function failing(codes: HostErrorReason[], kind: "directory" | "file" | undefined) {
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
    thrown = (error as HostError).reason;
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

/** Syncs of which those of `codes` fail, folder by folder. */
function syncing(codes: Readonly<Record<string, HostErrorReason>>) {
  const synced: string[] = [];
  const fs = {
    lstat: () => undefined,
    stat: (path: string) => path === "/" ? { kind: "directory" } : undefined,
    makeDir() {},
    syncDir(path: string) {
      const code = codes[path];
      if (code !== undefined) throw new HostError(code, "sync", path);
      synced.push(path);
    },
  } as unknown as HostFs;
  let thrown: unknown;
  try {
    ensureLastingDir(fs, "/w/index/due");
  } catch (error) {
    thrown = (error as HostError).reason;
  }
  return { synced, thrown };
}

it("ensureLastingDir() goes on when another process removes what it has just made", () => {
  assertEquals(syncing({}), { synced: ["/", "/w", "/w/index"], thrown: undefined });
  assertEquals(syncing({ "/w": "not_found" }), { synced: ["/", "/w/index"], thrown: undefined });
});

it("ensureLastingDir() passes on every other failure of a sync", () => {
  assertEquals(syncing({ "/w": "no_space" }), { synced: ["/"], thrown: "no_space" });
});

it("ensureLastingDir() looks at a folder that is there, and does nothing else", () => {
  const fs = { lstat: () => ({ kind: "directory" }) } as unknown as HostFs; // any other call throws
  assertEquals(ensureLastingDir(fs, "/w/index/due"), undefined);
});
