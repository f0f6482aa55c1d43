/**
 * Which session runs in the process of a host that names it to its hooks alone. A hook leaves a note of it,
 * by which a server of tools, and a command in the agent's shell, know the session as well.
 *
 * A note is `sessions/<hash>` in the folder of the user: the session, the host's process, and whether the
 * host said that the session began. It is put there by rename, and not synced: without it, or with an old
 * one, a process is not named, as before. A session counts that began and has not ended, if no other one is
 * known in the same process. So where a host serves several in one process, none of them counts.
 */
import { hash } from "../../domain/journal/hash.ts";
import { isObject } from "../../domain/json.ts";
import { SIGHTING_MS } from "../../domain/input/hook/sighting.ts";
import { hiddenSession } from "../../domain/input/run_id.ts";
import { writeNote } from "../../adapters/fs/disk/staging.ts";
import { readNote } from "../../adapters/fs/disk/record_file.ts";
import { type Host, HostError, type ProcessAbove, type ProcessIdentity } from "../../ports/host.ts";
import { userFolder } from "../store/user_folder.ts";

/** What a note says. */
interface SessionNote {
  readonly session: string;
  readonly process: ProcessIdentity;
  readonly has_begun: boolean;
}

/** Programs that run others for a host, and are none themselves: `npm` is what `npx` calls itself. */
const BETWEEN =
  /^-?(?:sh|bash|dash|ash|zsh|ksh|mksh|fish|busybox|npm|git|make|nice|nohup|sudo|timeout|xargs)(?: |$)/;

/**
 * The same machine, on which the variable that a host hides names the session that runs in the nearest
 * process above this one. That is asked at each look: a session may end, and the next one begin.
 */
export async function namingSession(host: Host): Promise<Host> {
  const variable = hiddenSession((name) => host.env(name));
  const process = variable && await trying(() => hostProcess(host));
  if (!process) return host;
  const env = (name: string) => name === variable ? sessionIn(host, process) : host.env(name);
  return Object.create(host, { env: { value: env } });
}

/** Takes note that a session has begun, or that it is there, which needs no note where one says more. */
export async function noteSession(host: Host, session: string, hasBegun: boolean): Promise<void> {
  await trying(async () => {
    const folder = folderOf(host);
    if (folder === undefined) return;
    const name = hash(session);
    if (!hasBegun && host.fs.lstat(`${folder}/${name}`) !== undefined) return;
    const process = await hostProcess(host);
    if (process === undefined) return;
    const note: SessionNote = { session, process, has_begun: hasBegun };
    writeNote(host.fs, { tmp: folder, index: folder }, name, `${JSON.stringify(note)}\n`);
    if (hasBegun) sweep(host, folder);
  });
}

/** Takes note that a session has ended. */
export async function forgetSession(host: Host, session: string): Promise<void> {
  await trying(async () => {
    const folder = folderOf(host);
    if (folder !== undefined) host.fs.remove(`${folder}/${hash(session)}`);
  });
}

/** A note helps, and is nothing that a call may fail for. */
async function trying<T>(body: () => Promise<T>): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return undefined;
  }
}

function folderOf(host: Host): string | undefined {
  const folder = userFolder(host);
  return folder === undefined ? undefined : `${folder}/sessions`;
}

/** The nearest process above this one that is no shell or the like. */
async function hostProcess(host: Host): Promise<ProcessIdentity | undefined> {
  const seen = host.processesAbove();
  const above = seen.length === 0 && host.os === "darwin" ? await listed(host) : seen;
  return above.find(({ names }) => !names.some((name) => BETWEEN.test(name)))?.process;
}

/** The processes above this one as `ps` lists them. */
async function listed(host: Host): Promise<ProcessAbove[]> {
  const fields = ["-o", "pid=", "-o", "ppid=", "-o", "lstart=", "-o", "comm="];
  // The start is written in the caller's language and zone.
  const { stdout } = await host.output(["ps", "-ax", ...fields], { LC_ALL: "C", TZ: "UTC" });
  const rows = new Map<number, { parent: number; start: string; program: string }>();
  const line = /^ *(\d+) +(\d+) +(\w+ +\w+ +\d+ +[\d:]+ +\d+) +(?:.*\/)?(.*?) *$/gm;
  for (
    const [, pid, parent, start = "", program = ""] of new TextDecoder().decode(stdout).matchAll(
      line,
    )
  ) {
    rows.set(Number(pid), { parent: Number(parent), start, program });
  }
  const found: ProcessAbove[] = [];
  let at = rows.get(host.pid);
  while (at !== undefined && at.parent > 1 && found.length < rows.size) {
    const pid = at.parent;
    at = rows.get(pid);
    if (at === undefined) break;
    const { start, program } = at;
    found.push({ process: { ...host.processIdentity(), pid, start }, names: [program] });
  }
  return found;
}

/** The one session that began in a process and has not ended; none where another one is known in it. */
function sessionIn(host: Host, process: ProcessIdentity): string | undefined {
  const folder = folderOf(host);
  if (folder === undefined) return undefined;
  let found: SessionNote | undefined;
  try {
    for (const { name, note } of notesIn(host, folder)) {
      // Under another name it is on its way to its own.
      if (note === undefined || name !== hash(note.session)) continue;
      if (!isSame(note.process, process)) continue;
      if (found !== undefined) return undefined;
      found = note;
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return undefined;
  }
  return found?.has_begun ? found.session : undefined;
}

function isSame(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.start !== undefined && a.start === b.start && a.host === b.host &&
    a.boot === b.boot && a.pidns === b.pidns;
}

/** Removes the notes of processes that have ended; where that cannot be known, old ones. */
function sweep(host: Host, folder: string): void {
  for (const { name, note } of notesIn(host, folder)) {
    const isAlive = note && host.isAlive(note.process);
    if (isAlive === true) continue;
    const path = `${folder}/${name}`;
    const { mtimeMs = Infinity } = host.fs.lstat(path) ?? {};
    if (isAlive === false || Date.now() - mtimeMs > SIGHTING_MS) host.fs.remove(path);
  }
}

/** All files of the folder; one without a note is being written, or was not written to its end. */
function notesIn({ fs }: Host, folder: string): { name: string; note: SessionNote | undefined }[] {
  return (fs.list(folder) ?? []).map(({ name }) => ({
    name,
    note: parsed(readNote(fs, `${folder}/${name}`) ?? ""),
  }));
}

function parsed(text: string): SessionNote | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { session, process, has_begun } = value;
  if (typeof session !== "string" || !isObject(process)) return undefined;
  if (typeof process["pid"] !== "number") return undefined;
  return { session, process: process as unknown as ProcessIdentity, has_begun: has_begun === true };
}
