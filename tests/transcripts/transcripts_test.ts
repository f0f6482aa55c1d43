/** Every transcript in `tests/transcripts/`; UPDATE_TRANSCRIPTS=1 rewrites them, to be read. */
import { detectHost } from "../../src/host/detect.ts";
import { assertEquals, it } from "../deps.ts";
import { replay } from "../support/program/transcript.ts";

const host = await detectHost();
const folder = decodeURIComponent(new URL(".", import.meta.url).pathname)
  .replace(/^\/(?=[A-Za-z]:)/, "");
const names = (host.fs.list(folder) ?? []).map((entry) => entry.name)
  .filter((name) => name.endsWith(".txt")).sort();

for (const name of names) {
  it(`transcript ${name}`, async () => {
    const path = `${folder}${name}`;
    const script = new TextDecoder().decode(host.fs.read(path));
    const actual = await replay(script);
    if (host.env("UPDATE_TRANSCRIPTS") === "1") {
      host.fs.remove(path);
      host.fs.append(path, new TextEncoder().encode(actual));
      return;
    }
    assertEquals(actual, script);
  });
}
