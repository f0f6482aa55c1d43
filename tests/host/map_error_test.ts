import { hostError, linkError, watchError } from "../../src/host/map_error.ts";
import { assertEquals, it } from "../deps.ts";

it("linkError() says where there are no hard links, which Linux calls EPERM and macOS ENOTSUP", () => {
  const code = (name: string) => linkError({ code: name }, "/a").reason;
  assertEquals(["EPERM", "EACCES", "ENOTSUP"].map(code), [
    "no_links",
    "permission",
    "unsupported",
  ]);
});

it("hostError() decides by the system's names, and by that of Deno's refusal", () => {
  const refusal = Object.assign(new Error("x"), { name: "NotCapable" });
  const codes = [{ code: "EBUSY" }, { code: "EPERM" }, refusal, { code: "EWHAT" }, undefined]
    .map((error) => hostError(error, "read", "/a").reason);
  assertEquals(codes, ["busy", "permission", "permission", "other", "other"]);
});

it("hostError() names the system's own error, in words and as it is", () => {
  const said = (code: string) => hostError({ code }, "read", "/a").message;
  assertEquals(["EIO", "ESTALE", "ELOOP", "ENAMETOOLONG"].map(said), [
    'Cannot read "/a": the device or the connection to it failed (EIO)',
    'Cannot read "/a": the file server no longer knows the file (ESTALE)',
    'Cannot read "/a": too many symbolic links on the way (ELOOP)',
    'Cannot read "/a": the operating system refused (ENAMETOOLONG)',
  ]);
  assertEquals(hostError({ code: "EIO" }, "read", "/a").errno, "EIO");
  assertEquals(hostError(new Error("x"), "read", "/a").errno, undefined);
  assertEquals(hostError({ code: "ERR_INVALID_ARG" }, "read", "/a").errno, undefined);
});

it("watchError() distinguishes a user without watches from a full disk, on every runtime", () => {
  const bun = { code: "ENOSPC" };
  const deno = new Error('OS file watch limit reached. about ["/a"]');
  const instances = new Error("Too many open files (os error 24)");
  const errors = [bun, deno, instances, { code: "EMFILE" }, { code: "EACCES" }]
    .map((error) => watchError(error, "/a"));
  assertEquals(errors.map(({ reason }) => reason), [
    "limit",
    "limit",
    "limit",
    "limit",
    "permission",
  ]);
  assertEquals(errors.map(({ errno }) => errno), [
    "ENOSPC",
    undefined,
    "EMFILE",
    "EMFILE",
    "EACCES",
  ]);
  assertEquals(hostError(bun, "write", "/a").reason, "no_space");
});
