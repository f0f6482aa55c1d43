/**
 * The floor: the file operations that queues of files are made of, and no rule. Nothing is looked for and
 * nothing is compared, so that no two processes ever meet.
 *
 * A task is added by one file under its name by a link, and a line that is synced. It is claimed and
 * completed by 3 files, 3 links, 3 names removed, 1 rename, 2 reads and a line that is synced.
 */
import { type Connect, PAYLOAD, repeat } from "./client.ts";

export const connect: Connect = ({ dir }) => {
  const record = JSON.stringify({ id: "0".repeat(64), title: "task", payload: PAYLOAD, state: 1 });
  const bytes = new TextEncoder().encode(record.padEnd(400));
  const log = Deno.openSync(`${dir}/log`, { create: true, append: true });
  const name = `${dir}/${Deno.pid}-`;
  let n = 0;
  const create = (path: string) => {
    using file = Deno.openSync(path, { createNew: true, write: true });
    file.writeSync(bytes);
  };
  const sync = () => {
    log.writeSync(bytes);
    log.syncDataSync();
  };
  return Promise.resolve({
    enqueue() {
      const at = `${name}${n++}`;
      create(`${at}.new`);
      Deno.linkSync(`${at}.new`, `${at}.task`);
      Deno.removeSync(`${at}.new`);
      sync();
    },
    fill() {},
    work: (until) =>
      repeat(() => {
        const at = `${name}${n++}`;
        for (const part of ["a", "b", "c"]) {
          create(`${at}.${part}`);
          Deno.linkSync(`${at}.${part}`, `${at}.${part}2`);
          Deno.removeSync(`${at}.${part}`);
        }
        Deno.readFileSync(`${at}.a2`);
        Deno.readFileSync(`${at}.b2`);
        Deno.renameSync(`${at}.a2`, `${at}.view`);
        sync();
      }, until),
    close: () => log.close(),
  });
};
