/**
 * Every command line in the README and in `docs/` is run, and prints what the document says. With
 * UPDATE_DOCS=1 the documents get the real output, to be read.
 */
import { assertEquals, it } from "../deps.ts";
import { isHeavy } from "../support/length.ts";
import { someOf } from "../support/random.ts";
import { replayDocument, type Replayed } from "../support/program/document.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const ROOT = `${import.meta.dirname}/../..`;

const IS_UPDATE = Deno.env.get("UPDATE_DOCS") === "1";

const COORD = [Deno.execPath(), "run", "-A", `--config=${ROOT}/deno.json`, `${ROOT}/cli.ts`];

/** Everyday one of those that a newcomer pastes from. */
const DOCUMENTS = isHeavy() || IS_UPDATE
  ? ["README.md", ...docs()]
  : someOf("documents", ["README.md", "docs/tutorial.md"], 2);

function docs(): string[] {
  const names = [...Deno.readDirSync(`${ROOT}/docs`)].map(({ name }) => name);
  return names.filter((name) => name.endsWith(".md")).sort().map((name) => `docs/${name}`);
}

/** All documents at once: most of the time is that of processes which start. */
let replays: Map<string, Promise<() => Replayed>> | undefined;

async function replayed(path: string): Promise<Replayed> {
  replays ??= new Map(DOCUMENTS.map((path) => {
    const replay = replayDocument(Deno.readTextFileSync(`${ROOT}/${path}`), COORD, makeTempDir());
    // Thrown where it is asked for, and not before.
    return [
      path,
      replay.then((value) => () => value, (error) => () => {
        throw error;
      }),
    ];
  }));
  const replay = await replays.get(path);
  if (replay === undefined) throw new Error(`Cannot replay ${path}: no such document`);
  return replay();
}

for (const path of DOCUMENTS) {
  it(`${path} says what its command lines print`, async () => {
    const { text: real, differences } = await replayed(path);
    if (IS_UPDATE) {
      return await Deno.writeTextFile(`${ROOT}/${path}`, real);
    }
    assertEquals(differences.join("\n\n"), "");
  });
}
