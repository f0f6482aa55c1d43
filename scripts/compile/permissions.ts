/** What a compiled coord may do, each with its reason. Anything else Deno refuses it. */
export const PERMISSIONS: readonly string[] = [
  "--allow-read", // --dir may name any folder; records, `.git/HEAD`, `lanes.json` lie in it
  "--allow-write", // the same folders, and the file of --cursor
  "--allow-env", // a command that `work` or `watch --exec` runs gets the whole environment
  "--allow-run", // that command
  "--allow-net", // a store's host, which is not known when it is made; `web` serves on 127.0.0.1
  "--allow-ffi", // the C library's inotify, which `top` and `web` read while much happens
  "--allow-sys=hostname", // whether the holder of a mutex is a process of this machine
  "--no-prompt", // what is not allowed fails, rather than asks an agent
];
