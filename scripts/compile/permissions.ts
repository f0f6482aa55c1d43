/** What a compiled coord may do, each with its reason. Anything else Deno refuses it. */

/** Variables of the environment that coord reads. */
const ENV = [
  "COORD_DIR", // the workspace
  "COORD_RUN_ID", // who is calling
  "COORD_BRANCH", // the branch of a record
  "DISPATCH_LANE_JOURNAL_PATH", // the lanes' journal, where it is elsewhere
  "DISPATCH_HOST_ID", // the name of this machine in leases, where the hostname does not do
  "NO_COLOR", // no colour, please
  "TERM", // "dumb" has no colour either
  "COLUMNS", // the width that the user set
  "LOG", // nothing of ours: the parsers of source files ask for it when they load
];

export const PERMISSIONS: readonly string[] = [
  "--allow-read", // --dir may name any folder; records, `.git/HEAD`, `lanes.json` lie in it
  "--allow-write", // the same folders, and the file of --cursor
  `--allow-env=${ENV.join(",")}`,
  "--allow-sys=hostname", // whether the holder of a mutex is a process of this machine
  "--no-prompt", // what is not allowed fails, rather than asks an agent
];
