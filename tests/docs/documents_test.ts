/**
 * Every command line in the README and in `docs/` is run, and prints what the document says. With
 * UPDATE_DOCS=1 the documents get the real output, to be read.
 */
import { assertEquals, it } from "../deps.ts";
import { replayDocument } from "../support/program/document.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const ROOT = `${import.meta.dirname}/../..`;

const COORD = [Deno.execPath(), "run", "-A", `--config=${ROOT}/deno.json`, `${ROOT}/cli.ts`];

const DOCUMENTS = ["README.md", ...docs()];

function docs(): string[] {
  const names = [...Deno.readDirSync(`${ROOT}/docs`)].map(({ name }) => name);
  return names.filter((name) => name.endsWith(".md")).sort().map((name) => `docs/${name}`);
}

for (const path of DOCUMENTS) {
  it(`${path} says what its command lines print`, async () => {
    const text = await Deno.readTextFile(`${ROOT}/${path}`);
    const { text: real, differences } = await replayDocument(text, COORD, makeTempDir());
    if (Deno.env.get("UPDATE_DOCS") === "1") {
      return await Deno.writeTextFile(`${ROOT}/${path}`, real);
    }
    assertEquals(differences.join("\n\n"), "");
  });
}
