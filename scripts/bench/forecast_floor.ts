/**
 * What no forecast does without: it reads the reservations, and the imports of the files they name.
 * As a program: `deno run -A forecast_floor.ts WORKSPACE DIR`.
 */
import { importsIn } from "../../src/adapters/fs/checkout/syntax/imports.ts";
import { languageOf } from "../../src/domain/forecast/imports.ts";
import { listFiles } from "../support/sources.ts";

/** Returns how many there are of both. */
export async function readAll(workspace: string, dir: string): Promise<number> {
  let count = 0;
  for (const { name } of Deno.readDirSync(`${workspace}/reservations`)) {
    if (!name.endsWith(".json")) continue;
    JSON.parse(Deno.readTextFileSync(`${workspace}/reservations/${name}`));
    count++;
  }
  for (const path of listFiles(dir)) {
    const language = languageOf(path);
    if (language === undefined) continue;
    const found = await importsIn(language, Deno.readTextFileSync(`${dir}/${path}`), 1_000);
    count += found?.length ?? 0;
  }
  return count;
}

if (import.meta.main) {
  const [workspace = "", dir = ""] = Deno.args;
  console.log(JSON.stringify({ total: await readAll(workspace, dir) }));
}
