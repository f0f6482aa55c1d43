/** `deno task publish`: what JSR would get. */
import { assertEquals, itIf } from "../deps.ts";
import { publish, stage } from "../../scripts/publish.ts";
import { listFiles } from "../../scripts/support/sources.ts";
import { isHeavy } from "../support/length.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const itHeavy = itIf(isHeavy(), "it asks a registry, only with COORD_HEAVY=1");

const ROOT = `${import.meta.dirname}/../..`;

itHeavy("deno task publish would publish the sources as they are, and nothing else", async () => {
  const folder = makeTempDir();
  await stage(folder);
  const { code, stdout, stderr } = await publish(folder, false).output();
  const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, printed);
  const listed = [...printed.matchAll(/file:\/\/\S*?\/((?:src\/\S+|[^/\s]+)) \(/g)]
    .map(([, path = ""]) => path).sort();
  const wanted = listFiles(ROOT).filter((path) => path.startsWith("src/"));
  const top = ["CHANGELOG.md", "LICENSE", "README.md", "cli.ts", "deno.json", "mod.ts"];
  assertEquals(listed, [...top, ...wanted].sort());
  for (const path of ["mod.ts", "cli.ts", ...wanted]) {
    const [staged, own] = [folder, ROOT].map((at) => Deno.readTextFileSync(`${at}/${path}`));
    assertEquals(staged, own, path);
  }
  assertEquals(Object.keys(JSON.parse(Deno.readTextFileSync(`${folder}/deno.json`))), [
    "name",
    "version",
    "license",
    "exports",
  ]);
});
