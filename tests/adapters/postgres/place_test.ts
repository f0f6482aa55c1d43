import { placeOf, withRoots } from "../../../src/adapters/postgres/place.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { assertEquals, assertThrows, it } from "../../deps.ts";

const SECRET = "s3cret";

it("placeOf() takes a URL apart, and shows no secret", () => {
  assertEquals(placeOf(`postgres://agent:${SECRET}@db.example:6432/work?space=acme/api`), {
    host: "db.example",
    port: 6432,
    user: "agent",
    password: SECRET,
    database: "work",
    space: "acme/api",
    tls: "verified",
    location: "postgres://db.example:6432/work?space=acme/api",
  });
  assertEquals(placeOf("postgresql://a%40b@localhost?space=x&host=/run/pg"), {
    host: "/run/pg",
    port: 5432,
    user: "a@b",
    password: undefined,
    database: "a@b",
    space: "x",
    tls: "none",
    location: "postgres:///a@b?host=/run/pg&port=5432&space=x",
  });
});

it("placeOf() has a server prove who it is, unless it is near or the URL says otherwise", () => {
  const tls = (host: string, mode?: string) =>
    placeOf(`postgres://u@${host}/d?space=x${mode === undefined ? "" : `&sslmode=${mode}`}`).tls;
  assertEquals(tls("10.0.0.7"), "verified");
  assertEquals(tls("localhost.example"), "verified");
  assertEquals([tls("localhost"), tls("127.0.0.2"), tls("[::1]")], ["none", "none", "none"]);
  assertEquals(tls("localhost", "verify-full"), "verified");
  assertEquals([tls("db", "require"), tls("db", "disable")], ["unverified", "none"]);
});

it("withRoots() reads the file of sslrootcert, which has a server prove who it is", () => {
  const place = placeOf("postgres://u@localhost/d?space=x&sslrootcert=/etc/ca.pem");
  assertEquals([place.tls, place.rootsFile, place.roots], ["verified", "/etc/ca.pem", undefined]);
  const pem = "-----BEGIN CERTIFICATE-----\n";
  assertEquals(withRoots(place, (path) => path === "/etc/ca.pem" ? pem : undefined).roots, pem);
  const without = placeOf("postgres://u@localhost/d?space=x");
  assertEquals(withRoots(without, () => pem), without);
  for (const [text, what] of [[undefined, "is not there"], ["x", "has no certificate"]] as const) {
    const error = assertThrows(() => withRoots(place, () => text), CoordError);
    assertEquals(
      error.message,
      `Cannot use the store: the file of sslrootcert, "/etc/ca.pem", ${what}`,
    );
  }
});

it("placeOf() refuses what it cannot use, and repeats no secret", () => {
  const why = (text: string) => {
    try {
      return placeOf(text).location;
    } catch (error) {
      if (!(error instanceof CoordError) || error.code !== "bad_args") throw error;
      return error.message;
    }
  };
  const start = `postgres://u:${SECRET}@`;
  const answers = [
    SECRET,
    `mysql://u:${SECRET}@h/d?space=x`,
    `${start}h/d`,
    `${start}h/d?space=a//b`,
    `${start}h/d?space=x&sslmode=maybe`,
    `${start}h/d?space=x&options=-c`,
    `${start}h/d?space=x&sslrootcert=ca.pem`,
    `${start}h/d?space=x&sslrootcert=/ca.pem&sslmode=require`,
    "postgres:///d?space=x",
    "postgres://h/d?space=x",
  ].map(why);
  assertEquals(
    answers,
    [
      "it is no postgres:// URL",
      "it is no postgres:// URL",
      "it names no space, such as ?space=acme/api",
      "the space has other characters than letters, digits, and . _ - /",
      'there is no sslmode "maybe"',
      'there is no parameter "options"',
      "sslrootcert is no absolute path",
      "sslrootcert goes with sslmode=verify-full alone",
      "it names no host",
      "it names no user",
    ].map((each) => `Cannot use the store: ${each}`),
  );
  assertEquals(answers.filter((answer) => answer.includes(SECRET)), []);
});
