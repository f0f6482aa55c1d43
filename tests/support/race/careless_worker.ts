/** A process with a planted fault: a record gets its name before its content. */
import { appendFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { sleep } from "./processes.ts";
import { folderOf } from "./stores.ts";

const { store } = JSON.parse(process.argv[2] ?? "") as { readonly store: string };
for (let n = 0;; n++) {
  const id = `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const path = `${folderOf(store)}/tasks/${id}.json`;
  writeFileSync(path, `{"task_id":"${id}",`);
  await sleep(50);
  appendFileSync(path, `"title":"x","created_at":"2026-11-21T08:57:00Z"}\n`);
}
