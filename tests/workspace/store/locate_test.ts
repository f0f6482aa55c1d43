/** Which store a call means, and what of that is shown. */
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import type { CoordError } from "../../../src/domain/errors.ts";
import { locate } from "../../../src/workspace/store/locate.ts";
import { placeFor } from "../../../src/workspace/store/secrets.ts";
import { setTrusted } from "../../../src/workspace/store/trust.ts";
import { assertEquals, assertThrows, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

const [FLAG, ENV, TEAM] = ["flag", "env", "team"].map((space) =>
  `postgres://me@db.example/coord?space=${space}`
);

/** A checkout with a `coord.json` that names a store, if there is one, and a home. */
function scene({ team, env = {}, hasWorkspace = true }: {
  readonly team?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly hasWorkspace?: boolean;
} = {}) {
  const dir = makeTempDir();
  const home = makeTempDir();
  const host = fakeHost({ cwd: dir, env: { HOME: home, ...env } });
  host.fs.makeDir(`${dir}/.git`);
  if (hasWorkspace) initWorkspace(host, dir);
  const file = new TextEncoder().encode(JSON.stringify({ store: team }));
  if (team !== undefined) host.fs.createNew(`${dir}/coord.json`, file);
  const chosen = (store?: string) => locate(host, { store }, () => {}).store;
  const place = (store?: string) => {
    const found = chosen(store);
    if (found === undefined) throw new Error("the files are meant");
    return placeFor(host, found);
  };
  return { dir, home, host, chosen, place };
}

it("a store is named by --store, else the environment, else coord.json, else it is files", () => {
  const all = scene({ team: TEAM, env: { COORD_STORE: String(ENV) } });
  const some = scene({ team: TEAM });
  assertEquals({
    flag: all.chosen(FLAG),
    files: all.chosen("files"),
    env: all.chosen(),
    team: some.chosen(),
    empty: scene({ env: { COORD_STORE: "" } }).chosen(),
    none: scene().chosen(),
  }, {
    flag: { url: String(FLAG), by: "store" },
    files: undefined,
    env: { url: String(ENV), by: "env" },
    team: { url: String(TEAM), by: "config" },
    empty: undefined,
    none: undefined,
  });
});

it("a store needs no workspace, and files do", () => {
  const { host, chosen, dir } = scene({ team: TEAM, hasWorkspace: false });
  const found = locate(host, {}, () => {});
  assertEquals({ ...found.store, isThere: found.isThere, path: found.found.path }, {
    url: String(TEAM),
    by: "config",
    isThere: false,
    path: `${dir}/.coord`,
  });
  assertThrows(() => chosen("files"), Error, 'run "coord init"');
  assertThrows(() => locate(host, { dir: `${dir}/nowhere`, store: FLAG }, () => {}));
});

it("a store in coord.json is used by who trusts its whole URL", () => {
  const { host, place, home } = scene({ team: TEAM, hasWorkspace: false });
  const error = assertThrows(() => place()) as CoordError;
  assertEquals({ code: error.code, ...error.details }, {
    code: "bad_args",
    reason: "untrusted",
    location: "postgres://db.example:5432/coord?space=team",
  });
  setTrusted(host, `${TEAM}&sslmode=disable`, true);
  assertThrows(() => place(), Error, "coord store trust");
  assertEquals(setTrusted(host, String(TEAM), true), true);
  assertEquals(setTrusted(host, String(TEAM), true), false);
  assertEquals(place().space, "team");
  assertEquals(
    (host.fs.stat(`${home}/.config/coord/trusted_stores.json`)?.mode ?? 0) & 0o777,
    0o600,
  );
  assertEquals(setTrusted(host, String(TEAM), false), true);
  assertThrows(() => place(), Error, "coord store trust");
});

it("what is trusted is written without a password", () => {
  const { host, home } = scene();
  setTrusted(host, "postgres://me:hidden@db.example/coord?space=a", true);
  const bytes = host.fs.read(`${home}/.config/coord/trusted_stores.json`);
  assertEquals(JSON.parse(new TextDecoder().decode(bytes)), {
    stores: ["postgres://me@db.example/coord?space=a"],
  });
});

it("a password comes from the environment, in this order", () => {
  const file = `${makeTempDir()}/password`;
  fakeHost().fs.createNew(file, new TextEncoder().encode("of the file\n"));
  const all = {
    COORD_STORE: "postgres://me:of%20the%20URL@db.example/coord?space=a",
    COORD_STORE_PASSWORD: "own",
    COORD_STORE_PASSWORD_FILE: file,
    PGPASSWORD: "driver's",
  };
  const { COORD_STORE_PASSWORD: _own, ...noOwn } = { ...all, COORD_STORE: String(ENV) };
  const { COORD_STORE_PASSWORD_FILE: _file, ...noFile } = noOwn;
  const passwords = [all, { ...all, COORD_STORE: String(ENV) }, noOwn, noFile]
    .map((env) => scene({ env }).place().password);
  assertEquals(passwords, ["of the URL", "own", "of the file", "driver's"]);
});

it("a password goes to a host that the environment names or the user trusts, and to no other", () => {
  const given = (env: Readonly<Record<string, string>>, trusted = false) => {
    const { host, place } = scene({ env: { COORD_STORE_PASSWORD: "p", ...env } });
    if (trusted) setTrusted(host, String(FLAG), true);
    const { password, isPasswordWithheld = false } = place(FLAG);
    return { password, isPasswordWithheld };
  };
  const GIVEN = { password: "p", isPasswordWithheld: false };
  const WITHHELD = { password: undefined, isPasswordWithheld: true };
  assertEquals({
    unnamed: given({}),
    other: given({ COORD_STORE: "postgres://me@other.example/coord?space=a" }),
    otherPort: given({ PGHOST: "db.example", PGPORT: "5433" }),
    named: given({ COORD_STORE: String(ENV) }),
    driver: given({ PGHOST: "db.example" }),
    trusted: given({}, true),
    // The password of the URL is for the user that it names.
    url: given({ COORD_STORE: "postgres://me:of-url@db.example/coord?space=a" }).password,
    otherUser: given({ COORD_STORE: "postgres://you:of-url@db.example/coord?space=a" }).password,
  }, {
    unnamed: WITHHELD,
    other: WITHHELD,
    otherPort: WITHHELD,
    named: GIVEN,
    driver: GIVEN,
    trusted: GIVEN,
    url: "of-url",
    otherUser: "p",
  });
});

it("a list of the driver's has a password for the server that it names", () => {
  const { host, home, place } = scene({ env: { PGPASSWORD: "for others" } });
  const lines = ["# a comment", "other:*:*:*:no", String.raw`db.example:5432:*:me:a\:b\\c`];
  host.fs.createNew(`${home}/.pgpass`, new TextEncoder().encode(lines.join("\n")));
  host.fs.setMode(`${home}/.pgpass`, 0o644);
  assertEquals(place(FLAG).password, undefined);
  host.fs.setMode(`${home}/.pgpass`, 0o600);
  assertEquals(place(FLAG).password, String.raw`a:b\c`);
});

it("the file of the password must be there, and hold one", () => {
  const place = (path: string) =>
    scene({ env: { COORD_STORE: String(ENV), COORD_STORE_PASSWORD_FILE: path } }).place();
  const empty = `${makeTempDir()}/empty`;
  fakeHost().fs.createNew(empty, new Uint8Array());
  assertThrows(() => place(`${empty}.not`), Error, "no such file");
  assertThrows(() => place(empty), Error, "is empty");
});
