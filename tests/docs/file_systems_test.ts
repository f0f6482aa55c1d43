/** The README's table of file systems is that of `docs/file_systems.json`. */
import { type FileSystems, withTable } from "../../scripts/file_systems.ts";
import { assertEquals, it } from "../deps.ts";

const ROOT = `${import.meta.dirname}/../..`;
const read = (path: string) => Deno.readTextFileSync(`${ROOT}/${path}`);

it("README.md shows what docs/file_systems.json says of file systems", async () => {
  const text = read("README.md");
  const results: FileSystems = JSON.parse(read("docs/file_systems.json"));
  assertEquals(await withTable(text, results), text);
});
