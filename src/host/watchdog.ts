/** Ends the commands of this process when it is killed. */
import { spawn } from "node:child_process";
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { WORK_MS } from "../domain/limits.ts";

export const isWindows = process.platform === "win32";

/** The variable by which the watchdog knows a command that this process had no time to note. */
const MARK = "COORD_WATCHDOG";

/**
 * A shell that outlives this process, and ends the groups that are left then. It waits for the end of a
 * pipe, which comes with this process's, however that ends, and reads in a file which groups came and
 * went. The file has no name any more: no process that tidies up can take it. A command that was about
 * to start, or has no group of its own, is in none that it knows: where there is `/proc`, its mark is
 * looked for.
 */
const WATCHDOG = `
while read -r line; do :; done
groups=' ' starting=0 shared=
while read -r line; do
  case $line in
    starting) starting=$((starting + 1)) ;;
    gone) starting=$((starting - 1)) ;;
    =*) shared="$shared \${line#=}" ;;
    +*) starting=$((starting - 1)) groups="$groups\${line#+} " ;;
    -*) groups="\${groups%% \${line#-} *} \${groups#* \${line#-} }" ;;
  esac
done <&3
[ "$groups$starting" != ' 0' ] || exit 0
end() {
  for group in $groups; do kill -s "$1" -- "-$group"; done
  [ "$starting" -gt 0 ] || return
  for one in $shared; do kill -s "$1" "$one"; done
  for one in /proc/[0-9]*; do
    if grep -qs "${MARK}=$2" "$one/environ"; then kill -s "$1" "\${one#/proc/}"; fi
  done
}
end TERM "$1"
sleep ${WORK_MS.kill / 1000}
end KILL "$1"
`;

/** Bytes from which on the file begins again: to cut it costs more than to add a line. */
const MOST_BYTES = 4_096;

/** The one of this process, from its first command on. */
export const watchdog = {
  /** The file, open to append and to read. */
  file: undefined as number | undefined,
  /** What no other process of this machine has. */
  name: crypto.randomUUID(),
  /** Bytes in the file. */
  bytes: 0,
  /** Commands that are about to start, or run. */
  running: 0,

  start(): void {
    if (isWindows || watchdog.file !== undefined) return;
    const folder = mkdtempSync(`${tmpdir()}/coord-groups-`);
    const path = `${folder}/groups`;
    watchdog.file = openSync(path, "a+");
    // It is read from its beginning, whatever was written: an open file of its own has its own place.
    const read = openSync(path, "r");
    unlinkSync(path);
    rmdirSync(folder);
    const { PATH = "/usr/bin:/bin" } = process.env;
    const child = spawn("/bin/sh", ["-c", WATCHDOG, "sh", watchdog.name], {
      cwd: "/",
      detached: true,
      env: { PATH },
      stdio: ["pipe", "ignore", "ignore", read],
    });
    closeSync(read);
    // Without a shell, commands outlive a kill of this process.
    child.on("error", () => {});
    child.stdin?.on("error", () => {});
    child.unref();
    (child.stdin as { unref?: () => void } | null)?.unref?.();
  },

  /** What a command has in its environment. */
  get mark(): Readonly<Record<string, string>> {
    return watchdog.file === undefined ? {} : { [MARK]: watchdog.name };
  },

  /** A command is about to start. The file begins again only while none runs. */
  expect(): void {
    if (watchdog.running++ === 0 && watchdog.bytes >= MOST_BYTES && watchdog.file !== undefined) {
      ftruncateSync(watchdog.file);
      watchdog.bytes = 0;
    }
    watchdog.write("starting");
  },

  /** It has started, in a group of its own or in none, or has not. */
  add(pid: number | undefined, isGroup: boolean): void {
    if (pid === undefined) watchdog.running--;
    // A number without a group stays noted, so that the file begins again as soon as it may.
    else if (!isGroup) watchdog.bytes = MOST_BYTES;
    watchdog.write(pid === undefined ? "gone" : `${isGroup ? "+" : "="}${pid}`);
  },

  /** It has ended, with its group if it had one. */
  remove(group?: number): void {
    watchdog.running--;
    watchdog.write(group === undefined ? "gone" : `-${group}`);
  },

  /** Synchronously: what comes after it finds it. */
  write(line: string): void {
    if (watchdog.file !== undefined) watchdog.bytes += writeSync(watchdog.file, `${line}\n`);
  },
};
