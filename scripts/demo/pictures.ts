/**
 * Takes the pictures of the documentation while the fleet of the demonstration is at work: the page light
 * and dark, and `coord top`. It needs Chromium, takes a minute, and prints how large they are.
 *
 * Usage: deno run -A scripts/demo/pictures.ts
 */
import { openWorkspace } from "../../mod.ts";
import { frame } from "../../src/cli/top/frame.ts";
import { Browser } from "../support/browser.ts";
import { DemoFleet } from "./fleet.ts";

const IMAGES = new URL("../../docs/images", import.meta.url).pathname;
const SIZE = { width: 1200, height: 740 } as const;

/** Seconds after which each kind of thing has happened that the pictures are to show. */
const AT_WORK_S = 40;

await using fleet = await DemoFleet.start();
await new Promise((resolve) => setTimeout(resolve, AT_WORK_S * 1000));
await using browser = await Browser.start();
for (const dark of [false, true]) {
  const page = await browser.page({ ...SIZE, dark });
  await page.open(fleet.url);
  await page.until("document.documentElement.dataset.at");
  // The lines of the queues begin when the first page is opened.
  await new Promise((resolve) => setTimeout(resolve, dark ? 2_000 : 12_000));
  write(dark ? "web_dark" : "web_light", await page.picture());
}
const coord = await openWorkspace({ dir: fleet.project });
for await (const state of coord.fleet({ once: true })) {
  const style = { width: 100, height: 32, colour: true, now: Date.parse(state.at) };
  const lines = frame(state, style, "/work/shop/.coord");
  const page = await browser.page({ width: 840, height: 32 * 18 + 24 });
  await page.value(`document.body.innerHTML = ${JSON.stringify(terminal(lines))}`);
  write("top", await page.picture());
}

function write(name: string, picture: Uint8Array): void {
  Deno.writeFileSync(`${IMAGES}/${name}.png`, picture);
  console.log(`docs/images/${name}.png: ${(picture.length / 1000).toFixed(0)} KB`);
}

/** Lines of a terminal as HTML, in the colours that a terminal has by default. */
function terminal(lines: readonly string[]): string {
  const css = `body { margin: 0; background: #15191d }
    pre { margin: 12px; color: #d7dce1; font: 13.5px/18px ui-monospace, Menlo, Consolas, monospace }
    b { font-weight: 700; color: #fff } .s2 { color: #8a949e } .s31 { color: #f5857c }
    .s32 { color: #61c285 } .s33 { color: #e0a648 }`;
  const text = lines.join("\n").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const html = text.replaceAll(
    // deno-lint-ignore no-control-regex
    /\x1b\[(\d+)m([^\x1b]*)\x1b\[\d+m/g,
    (_all, code, inner) =>
      code === "1" ? `<b>${inner}</b>` : `<span class="s${code}">${inner}</span>`,
  );
  return `<style>${css}</style><pre>${html}</pre>`;
}
