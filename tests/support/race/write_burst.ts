/** Writes records as fast as it can; each is staged, and then put under its name as a whole. */
import { detectHost } from "../../../src/host/detect.ts";

const host = await detectHost();
const { folder, staging, count, way }: {
  folder: string;
  staging: string;
  count: number;
  way: "rename" | "link";
} = JSON.parse(host.args[0] ?? "");
const encoder = new TextEncoder();
for (let n = 0; n < count; n++) {
  const stem = n.toString(16).padStart(64, "0");
  const staged = `${staging}/${stem}`;
  host.fs.createNew(staged, encoder.encode(`{"task_id":"sha256:${stem}","n":${n}}\n`));
  if (way === "rename") host.fs.rename(staged, `${folder}/${stem}.json`);
  else {
    host.fs.link(staged, `${folder}/${stem}.json`);
    host.fs.remove(staged);
  }
}
