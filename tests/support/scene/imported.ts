/** What a text imports, as tests write it. */
import { importsIn } from "../../../src/adapters/fs/checkout/syntax/imports.ts";
import type { Language } from "../../../src/domain/forecast/imports.ts";

/** What a text imports, as `module name`, or `module` alone for all of it. */
export async function imported(language: Language, text: string): Promise<string[]> {
  const imports = await importsIn(language, text, 1_000);
  return imports?.map(({ module, name }) => name === null ? module : `${module} ${name}`) ??
    ["not understood"];
}
