import { failure } from "../../../src/adapters/postgres/failures.ts";
import { assertEquals, it } from "../../deps.ts";

it("failure() says what the server's state means, and repeats nothing of a row", () => {
  const row = "Key (key)=(s3cret) already exists.";
  const said = (code: string | undefined, effect: "none" | "unknown" = "none") => {
    const error = Object.assign(new Error(row), { detail: row, ...(code && { code }) });
    const { code: kind, message, details } = failure(error, "postgres://h/d?space=x", effect);
    assertEquals(kind, "io_error");
    return `${details["reason"]}: ${message.replace(/^.*?": /, "")}`;
  };
  const states = ["42P01", "28P01", "42501", "3D000", "53300", "25006", "55P03", "57P01", "22000"];
  assertEquals(states.map((each) => said(each)), [
    'schema: the data base has no schema of this version (42P01): run "coord store init" or ' +
    '"coord store migrate"',
    "permission: the server refuses the user or the password (28P01)",
    'permission: the user lacks a right (42501): "coord store init --grant ROLE" gives it, as the owner',
    "data_base: there is no such data base (3D000)",
    "connections: the server has too many connections (53300)",
    "read_only: the server is a read-only copy",
    "busy: another process holds what it needs",
    "unreachable: the server does not answer (57P01)",
    "other: the server reports 22000",
  ]);
  assertEquals(said("EPIPE"), "unreachable: the server does not answer (EPIPE)");
  assertEquals(
    said("ECONNREFUSED", "unknown"),
    "unreachable: the server does not answer (ECONNREFUSED); what was asked for may have happened",
  );
});
