import { hostError, linkError } from "../../src/host/map_error.ts";
import { assertEquals, it } from "../deps.ts";

it("linkError() says where there are no hard links, which Linux calls EPERM and macOS ENOTSUP", () => {
  const code = (name: string) => linkError({ code: name }, "/a").code;
  assertEquals(["EPERM", "EACCES", "ENOTSUP"].map(code), [
    "no_links",
    "permission",
    "unsupported",
  ]);
});

it("hostError() tells by the system's names, and by that of Deno's refusal", () => {
  const refusal = Object.assign(new Error("x"), { name: "NotCapable" });
  const codes = [{ code: "EBUSY" }, { code: "EPERM" }, refusal, { code: "EWHAT" }, undefined]
    .map((error) => hostError(error, "read", "/a").code);
  assertEquals(codes, ["busy", "permission", "permission", "other", "other"]);
});
