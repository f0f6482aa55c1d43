/** How the files of a bundle are joined for executables on Bun. */
import { joined } from "../../scripts/compile/joined.ts";
import { run } from "../../scripts/support/run.ts";
import { bunPath } from "../../scripts/support/toolchain.ts";
import { assert_, assertEquals, assertMatch, itIf } from "../deps.ts";
import { isHeavy } from "../support/length.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const itHeavy = itIf(isHeavy(), "it runs Bun many times, only with COORD_HEAVY=1");

/** A bundle of made-up files in the form that Deno's bundler gives them, by their names. */
function bundleOf(files: Readonly<Record<string, string>>): string {
  const folder = `${makeTempDir()}/bundle`;
  Deno.mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
  }
  return `${folder}/cli.js`;
}

/** Every command loads `a` and `b`; those of tasks also `c` and `d`; `init` alone `e`. */
const FILES = {
  "cli.js": `import{a as x}from"./a.js";import"./b.js";
const[verb]=process.argv.slice(2);
if(["enqueue","claim","complete"].includes(verb)){const m=await import("./c.js");console.log(m.say(x))}
if(verb==="init"){const m=await import("./e.js");console.log(m.say(x))}`,
  "a.js": `var q=["a"];export{q as a};`,
  "b.js": `import{a as q}from"./a.js";q.push("b");`,
  "c.js": `import{a as q}from"./a.js";import{a as r}from"./d.js";var s=x=>[...x,r,x===q].join();
export{s as say};`,
  "d.js": `var q="sha256:1";export{q as a};`,
  "e.js": `import{a as q}from"./a.js";import{a as r}from"./d.js";var s=x=>[...x,r,x===q].join();
export{s as say,r as default};`,
};

itHeavy("joined() puts what the same commands load into one file, once", async () => {
  const bun = await bunPath();
  const before = bundleOf(FILES);
  const after = await joined(bun, before);
  const folder = (entry: string) => entry.replace("/cli.js", "");
  const names = (entry: string) => [...Deno.readDirSync(folder(entry))].map(({ name }) => name);
  assertEquals(names(before).sort(), Object.keys(FILES).sort());
  assertEquals(names(after).sort(), ["cli.js", "e.js", "joined-0,1,2,3,4.js", "joined-1.js"]);
  for (const verb of ["--version", "claim", "init"]) {
    const [was, is] = [await run(bun, [before, verb]), await run(bun, [after, verb])];
    assertEquals(is.output, was.output);
    assert_(verb === "--version" || is.output === "a,b,sha256:1,true\n", is.output);
  }
});

itHeavy("joined() throws what a command says that it cannot run", async () => {
  const entry = bundleOf({ "cli.js": `console.error("no disk");process.exit(3);` });
  const said = await joined(await bunPath(), entry).then(() => "", (error) => error.message);
  assertMatch(said, /^Cannot see what "coord init" loads: no disk$/);
});

itHeavy("joined() throws what Bun says when it cannot join", async () => {
  const names = `globalThis.never&&import("./gone.js");${FILES["a.js"]}`;
  const entry = bundleOf({ ...FILES, "a.js": names });
  const said = await joined(await bunPath(), entry).then(() => "", (error) => error.message);
  assertMatch(said, /^Cannot join a\.js, b\.js: .*gone\.js/s);
});
