/** The pre-commit hook of a repository, wherever git, or a tool that has git's hooks, keeps it. */
import { CoordError } from "../../domain/errors.ts";
import { guardProblem } from "../../domain/git/guard_script.ts";
import { quoted } from "../../domain/text.ts";
import { type Host, HostError } from "../../ports/host.ts";
import { gitOutput } from "./git.ts";

/** A hook as it was found. */
export interface HookFile {
  /** Where its content lies, or is to lie. */
  readonly path: string;
  /** `undefined` where there is none. */
  readonly text: string | undefined;
  readonly mode?: number | undefined;
}

/** Of a hook that is made. */
const MODE = 0o755;

/**
 * Finds the pre-commit hook that git runs in the current folder. Husky's own folder calls the file beside it,
 * which people write.
 *
 * @throws {CoordError} `io_error` outside of a repository; `bad_args` where the hook is not this repository's.
 */
export async function findHook(host: Host): Promise<HookFile> {
  const asked = ["rev-parse", "--path-format=absolute", "--git-common-dir", "--git-path", "hooks"];
  const printed = await gitOutput(host, "find the hooks of git", asked);
  const [common = "", hooks = ""] = printed.split("\n");
  const top = (await gitOutput(host, "find the checkout", ["rev-parse", "--show-toplevel"])).trim();
  const isWithin = (folder: string) => hooks === folder || hooks.startsWith(`${folder}/`);
  if (!isWithin(common) && !isWithin(top)) {
    throw unfit(
      hooks,
      "it is not this repository's: core.hooksPath is set for all. Call coord guard check in it",
    );
  }
  const folder = hooks.endsWith("/.husky/_") ? hooks.slice(0, -"/_".length) : hooks;
  const named = `${folder}/pre-commit`;
  const path = host.fs.lstat(named)?.kind === "symlink" ? host.fs.realPath(named) : named;
  if (path === undefined) throw unfit(named, "it is a symbolic link that leads nowhere");
  return readHook(host, path);
}

function readHook({ fs }: Host, path: string): HookFile {
  const stat = fs.lstat(path);
  const bytes = stat?.kind === "file" ? fs.read(path) : undefined;
  if (bytes === undefined) {
    if (stat === undefined) return { path, text: undefined };
    throw unfit(path, "it is no file");
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unfit(path, "it is no text");
  }
  const problem = guardProblem(text);
  if (problem !== undefined) throw unfit(path, problem);
  return { path, text, mode: stat?.mode };
}

/**
 * Replaces a hook by a whole new one, or removes it where there is no text; what git runs meanwhile is
 * the old one or the new one.
 *
 * @throws {HostError} `busy` where another program has changed it since.
 */
export function replaceHook(host: Host, found: HookFile, text: string | undefined): void {
  const { fs } = host;
  const { path, mode = MODE } = found;
  const isChanged = () => readHook(host, path).text !== found.text;
  if (text === undefined) {
    if (isChanged()) throw new HostError("busy", "remove", path);
    fs.remove(path);
    return;
  }
  const folder = path.slice(0, path.lastIndexOf("/"));
  fs.makeDir(folder);
  const staged = `${folder}/.coord-${crypto.randomUUID()}`;
  fs.createNew(staged, new TextEncoder().encode(text), true);
  try {
    fs.setMode(staged, mode);
    if (isChanged()) throw new HostError("busy", "write", path);
    fs.rename(staged, path);
  } finally {
    fs.remove(staged);
  }
  fs.syncDir(folder);
}

function unfit(path: string, why: string): CoordError {
  return new CoordError("bad_args", `Cannot use the hook ${quoted(path, 200)}: ${why}`, { path });
}
