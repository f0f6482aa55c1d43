/** What `coord doctor` says, and with which exit code, of file systems that break promises. */
import { main } from "../../../src/cli/main.ts";
import { type Host, HostError, type HostFs } from "../../../src/ports/host.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { timed } from "../../support/fake/timed.ts";
import { makeTempDir, setMtime } from "../../support/scene/scratch.ts";

const real = fakeHost();

/** A kernel that says at once that something happened. */
const prompt: Host["watch"] = ([dir = ""], onHint) => {
  const timer = setTimeout(() => onHint({ dir, name: undefined }), 1);
  return { close: () => clearTimeout(timer) };
};

function refused(reason: HostError["reason"]): never {
  throw new HostError(reason, "use", "it");
}

/** A workspace, and `coord` in it on a machine that is broken in some way. */
async function scene() {
  const dir = makeTempDir();
  const coord = async (args: string[], broken: Partial<Host> = {}, fs: Partial<HostFs> = {}) => {
    const host = fakeHost({ args, cwd: dir, env: { HOME: dir } });
    Object.assign(host, { watch: prompt, ...broken, fs: { ...real.fs, ...fs } });
    const code = await main(host);
    return { code, out: host.out, err: host.err };
  };
  const doctor = async (broken?: Partial<Host>, fs?: Partial<HostFs>) => {
    const { code, out } = await coord(["doctor", "--json"], broken, fs);
    return { ...JSON.parse(out), code };
  };
  await coord(["init"]);
  return { w: `${dir}/.coord`, dir, coord, doctor };
}

it("doctor exits with 1 where a promise is broken, and says how bad that is", async () => {
  const { doctor } = await scene();
  const of = async (...broken: Parameters<typeof doctor>) => {
    const { code, status, problems } = await doctor(...broken);
    return { code, status, problems: problems.length };
  };
  assertEquals(await of(), { code: 0, status: "sound", problems: 0 });
  const silent = { watch: () => refused("unsupported") };
  assertEquals(await of(silent), { code: 1, status: "slow", problems: 1 });
  const noLinks = { link: () => refused("no_links") };
  assertEquals(await of(silent, noLinks), { code: 1, status: "unsound", problems: 2 });
  const full = { append: () => refused("no_space") };
  assertEquals(await of({}, full), { code: 1, status: "untried", problems: 1 });
  assertEquals(await of({}, { ...noLinks, ...full }), { code: 1, status: "unsound", problems: 2 });
});

it("doctor says once why nothing could be tried", async () => {
  const { doctor } = await scene();
  const { problems, code } = await doctor({}, { makeDir: () => refused("read_only") });
  assertEquals({ problems, code }, {
    problems: [{
      what: "10 of 11 promises could not be tried: the file system is read-only",
      next: "Run coord doctor again where that is not in the way",
    }],
    code: 1,
  });
});

it("doctor's text has what is wrong first, with what to do next, on standard output", async () => {
  const { coord } = await scene();
  const { code, out, err } = await coord(["doctor"], {}, { link: () => refused("no_links") });
  assertEquals({ code, err, top: out.split("\n").slice(0, 6) }, {
    code: 1,
    err: "",
    top: [
      "unsound: 1 of 11 promises does not hold",
      "- hard_links: the file system has no hard links, or the file is another user's",
      "  claims, reservations and the journal's mutex are decided by links: without them nothing can be " +
      "granted, and with links that replace one task or file may go to two agents",
      "  Keep the workspace on a local disk of this machine, and name it by COORD_DIR",
      "",
      "PROMISE             RESULT     FOUND",
    ],
  });
});

it("doctor fits one screen where all is well", async () => {
  const { coord } = await scene();
  const lines = (await coord(["doctor"])).out.trimEnd().split("\n");
  const long = lines.filter((line) => line.length > 80 && !line.startsWith("workspace"));
  assertEquals({ many: lines.length > 24, long }, { many: false, long: [] });
});

it("doctor that is interrupted says so, and leaves nothing in tmp/", async () => {
  const { w, dir } = await scene();
  const host = fakeHost({ args: ["doctor", "--json"], cwd: dir });
  host.watch = (...call) => {
    host.interrupt();
    return prompt(...call);
  };
  assertEquals(await main(host), 1);
  const { status, promises } = JSON.parse(host.out);
  assertEquals({ status, found: promises[0].found, left: real.fs.list(`${w}/tmp`) }, {
    status: "untried",
    found: "it was stopped",
    left: [],
  });
  assertEquals(host.listeners, 0);
});

it("gc removes after a day what a doctor that was killed left in tmp/", async () => {
  const { w, coord } = await scene();
  const old = `${w}/tmp/${crypto.randomUUID()}`;
  const young = `${w}/tmp/${crypto.randomUUID()}`;
  const foreign = `${w}/tmp/mine`;
  for (const folder of [old, young, foreign]) {
    real.fs.makeDir(`${folder}/list`);
    real.fs.createNew(`${folder}/list/name`, new Uint8Array());
  }
  for (const folder of [old, foreign]) setMtime(folder, Date.now() - 90_000_000);
  await coord(["gc", "--execute"]);
  const left = (real.fs.list(`${w}/tmp`) ?? []).map(({ name }) => `${w}/tmp/${name}`);
  assertEquals(left.sort(), [young, foreign].sort());
});

it("doctor counts waits, and tickets of such that ended without giving theirs back", async () => {
  const { w, doctor } = await scene();
  const ticket = (ms: number) => ({
    run_id: "a",
    addresses: ["src/a.ts"],
    waits_for: [],
    since: new Date(0).toISOString(),
    expires_at: new Date(Date.now() + ms).toISOString(),
  });
  real.fs.makeDir(`${w}/tickets`);
  [20_000, -1_000, -2_000].forEach((ms, at) => {
    const bytes = new TextEncoder().encode(JSON.stringify(ticket(ms)));
    real.fs.createNew(`${w}/tickets/${String(at + 1).padStart(16, "0")}`, bytes);
  });
  assertEquals((await doctor()).waits, { live: 1, lapsed: 2 });
});

it("doctor() tries nothing of a store that rests on no disk", async () => {
  const { open } = timed();
  const { status, promises, file_system } = await open().doctor();
  assertEquals({ status, promises, file_system }, {
    status: "sound",
    promises: [],
    file_system: null,
  });
});

it("doctor names a workspace that git may clean away", async () => {
  const { dir, w, doctor } = await scene();
  real.fs.makeDir(`${dir}/.git`);
  real.fs.remove(`${w}/.gitignore`);
  assertEquals((await doctor()).problems, [{
    what: `Git does not ignore workspace "${w}", and may clean it away`,
    next: `Write a line "*" to "${w}/.gitignore"`,
  }]);
});
