/** A workspace whose page is open in a browser; `coord web` is a process of its own. */
import { statSync } from "node:fs";
import { initWorkspace, openWorkspace } from "../../../mod.ts";
import { Browser, type Look, type Page } from "../../../scripts/support/browser.ts";
import { makeTempDir } from "./scratch.ts";

const ROOT = new URL("../../..", import.meta.url).pathname.replace(/\/$/, "");

/** A screen of usual size. */
export const SCREEN: Look = { width: 1280, height: 900 };

/** Where Linux keeps files in memory: 10,000 tasks are made in seconds there. */
const MEMORY = "/dev/shm";

/** Starts `coord` in a workspace. */
export function start(folder: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", `--config=${ROOT}/deno.json`, `${ROOT}/cli.ts`, ...args],
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

/** Opens the page of a new workspace. `prepare` comes before. */
export async function pageScene(
  flags: readonly string[] = [],
  prepare: (coord: Awaited<ReturnType<typeof openWorkspace>>) => Promise<unknown> = async () => {},
) {
  const folder = makeTempDir(statSync(MEMORY, { throwIfNoEntry: false }) && MEMORY);
  await initWorkspace(folder);
  const coord = await openWorkspace({ dir: folder });
  await prepare(coord);
  const browser = await Browser.start();
  const web = start(folder, ["web", "--json", ...flags]);
  const reader = web.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("coord web has ended");
    line += value;
  }
  const { url } = JSON.parse(line);
  const page = await browser.page(SCREEN);
  return {
    folder,
    coord,
    browser,
    page,
    /** The process of `coord web`. */
    web,
    url: new URL(url),
    /** Opens the page, and waits for its first state. */
    async open(on: Page = page): Promise<void> {
      await on.open(url);
      await on.until("document.documentElement.dataset.at");
    },
    async stop(): Promise<void> {
      web.kill("SIGTERM");
      await reader.cancel();
      await web.status;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await browser[Symbol.asyncDispose]();
      try {
        web.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it was stopped
      }
      await reader.cancel();
      await web.status;
    },
  };
}

/** An expression: whether a section of the page has this text. */
export function shows(section: string, text: string): string {
  return `document.querySelector("#${section}").innerText.includes(${JSON.stringify(text)})`;
}
