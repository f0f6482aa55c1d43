/** Runs the command lines that it is given as JSON, one after the other, in the current folder. */
import process from "node:process";
import { main } from "../../../src/cli/main.ts";
import { fakeHost } from "../fake/host.ts";

const answers: { code: number; out: string; err: string }[] = [];
for (const args of JSON.parse(process.argv[2] ?? "[]") as string[][]) {
  const host = fakeHost({ args, cwd: process.cwd() });
  const code = await main(host);
  answers.push({ code, out: host.out, err: host.err });
}
console.log(JSON.stringify(answers));
