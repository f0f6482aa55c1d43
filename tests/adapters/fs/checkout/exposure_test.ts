/** Whether `status` warns of a workspace that `git clean` would remove. */
import { exposureOf } from "../../../../src/adapters/fs/checkout/exposure.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { openWorkspace } from "../../../../mod.ts";
import { assertEquals, it } from "../../../deps.ts";
import { git } from "../../../support/program/git.ts";
import { makeTempDir } from "../../../support/scene/scratch.ts";

const host = await detectHost();
const { fs } = host;

/** A checkout with a workspace, and files with a line each. */
function checkout(way: string, lines: Readonly<Record<string, string>>) {
  const top = makeTempDir();
  git(top, "init", "-q");
  fs.makeDir(`${top}/${way}/tasks`);
  fs.createNew(`${top}/${way}/tasks/a`, new Uint8Array());
  for (const [name, line] of Object.entries(lines)) {
    fs.remove(`${top}/${name}`);
    fs.createNew(`${top}/${name}`, new TextEncoder().encode(`# x\n${line}\n`));
  }
  const would = git(top, "clean", "-nfd");
  const isWarned = exposureOf(host, `${top}/${way}`) !== undefined;
  return { isWarned, isCleaned: would.includes(way.split("/")[0] ?? "") };
}

it("exposureOf() warns where git clean would remove the workspace, and nowhere else", () => {
  const [safe, lost] = [
    { isWarned: false, isCleaned: false },
    { isWarned: true, isCleaned: true },
  ];
  assertEquals(checkout(".coord", {}), lost);
  assertEquals(checkout(".coord", { ".coord/.gitignore": "*" }), safe);
  assertEquals(checkout(".coord", { ".coord/.gitignore": "# *" }), lost);
  assertEquals(checkout(".coord", { ".gitignore": ".coord" }), safe);
  assertEquals(checkout(".coord", { ".gitignore": "/.coord/" }), safe);
  assertEquals(checkout(".coord", { ".gitignore": "**/.coord/" }), safe);
  assertEquals(checkout(".coord", { ".git/info/exclude": ".coord/" }), safe);
  assertEquals(checkout(".coord", { ".gitignore": "x/.coord" }), lost);
  assertEquals(checkout(".muse/coordination", {}), lost);
  assertEquals(checkout(".muse/coordination", { ".gitignore": ".muse/" }), safe);
  assertEquals(checkout("a/.coord", { ".gitignore": "a/.coord" }), safe);
  assertEquals(checkout("a/.coord", { ".gitignore": "/.coord" }), lost);
});

it("status() warns of a workspace that git does not ignore, and says what to write", async () => {
  const top = makeTempDir();
  fs.makeDir(`${top}/.coord`);
  const warnings: string[] = [];
  const open = () => openWorkspace({ dir: top, onWarning: (each) => warnings.push(each) });
  await (await open()).status();
  assertEquals(warnings, []); // no checkout
  git(top, "init", "-q");
  await (await open()).status();
  assertEquals(warnings, [
    `Git does not ignore workspace "${top}/.coord", and may clean it away: ` +
    `write a line "*" to "${top}/.coord/.gitignore"`,
  ]);
});
