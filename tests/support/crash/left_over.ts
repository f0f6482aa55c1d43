/** What should have gone from `claims/` when all tasks have ended. */
import { readdirSync, readFileSync } from "node:fs";

/** The names that are no views, no ends and no slots of revivals, which stay. */
export function leftOver(folder: string): string[] {
  const names = readdirSync(folder);
  const ends = names.filter((name) => /\.end(\.\d+)?$/.test(name));
  const kept = ends.map((name) => {
    // A power cut may have torn it.
    const [, transition] = /"transition":(\d+)/.exec(readFileSync(`${folder}/${name}`, "utf-8")) ??
      [];
    return `${name.slice(0, 64)}.${Number(transition) + 1}`;
  });
  return names.filter((name) =>
    !name.endsWith(".json") && !ends.includes(name) && !kept.includes(name)
  );
}
