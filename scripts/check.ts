// Checks what needs no run of the code: format, lint, types, documentation, layers, words.
// Runs all steps, whatever fails, and prints the output of those that did.
import { run } from "./support/run.ts";

const ALL = ["mod.ts", "cli.ts", "src", "tests", "scripts", "examples", "plugin"];

const STEPS: readonly (readonly [name: string, ...args: string[]])[] = [
  ["format", "fmt", "--check"],
  ["lint", "lint"],
  // A lock file that is behind the imports would let a fresh clone resolve other versions.
  ["types", "check", "--doc", "--frozen", ...ALL],
  // What runs in a browser has other names than what runs here.
  ["page", "check", "--config=src/web/page/tsconfig.json", "src/web/page/app.js"],
  ["documentation", "doc", "--lint", "mod.ts"],
  ["shape", "run", "-A", "scripts/check_shape.ts"],
  ["words", "run", "-A", "scripts/check_words.ts"],
  ["fields", "run", "-A", "scripts/json_fields.ts", "--check"],
  ["answers", "run", "-A", "scripts/answer_fields.ts"],
  ["figures", "run", "-A", "scripts/performance.ts", "--check"],
];

let failed = 0;
for (const [name, ...args] of STEPS) {
  const { code, output, seconds } = await run(Deno.execPath(), args);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds.toFixed(1)} s)`);
  if (code === 0) continue;
  failed++;
  console.log(output);
}
console.log(failed === 0 ? "all checks passed" : `${failed} of ${STEPS.length} checks failed`);
Deno.exit(failed === 0 ? 0 : 1);
