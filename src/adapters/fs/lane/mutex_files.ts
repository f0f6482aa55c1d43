/** The folder of a mutex on disk, for the protocol of mutex_chain.ts. */
import { isObject } from "../../../domain/json.ts";
import { MAX_RECORD_BYTES } from "../../../domain/limits.ts";
import { type Host, HostError, type ProcessIdentity } from "../../../ports/host.ts";
import { ensureLastingDir, inDir, isNotFound } from "../disk/ensure_dir.ts";
import { freeName, type MutexFiles } from "./mutex_chain.ts";
import { isUniqueName, uniqueName } from "../disk/staging.ts";

/** How often a file is staged again when another process removes it, or the folder, meanwhile. */
const MAX_TRIES = 20;

/** Milliseconds after which a staged file is made again: its age becomes that of the hold. */
const RESTAGE_MS = 1_000;

/** Bytes from which on a hold's file is not taken again. */
const MAX_SIZE = 1_024;

const STAGED = ".new";

const LINE_END = new TextEncoder().encode("\n");

/** What a hold's file says, and how old it is by the clock of the file system, milliseconds. */
export interface HoldFile {
  readonly token: string | undefined;
  readonly process: Partial<ProcessIdentity>;
  readonly ageMs: number;
}

/** What is left of a hold that its process has released: its file, as long as nothing has swept it. */
export interface EndedHold {
  readonly token: string;
  readonly generation: number;
  /** Bytes of its file. */
  readonly size: number;
}

/** The files of one mutex as one process sees them in one attempt to hold it. */
export class FsMutexFiles implements MutexFiles {
  /** Whose attempt this is. */
  readonly token: string;
  readonly #staged: string;
  /** Bytes of the file that was staged last. */
  #size = 0;
  /** Whether it is there, as far as this process knows. */
  #isStaged = false;
  /** The file system's clock and that of this process when the file was staged last. */
  #anchor = { fileMs: 0, ownMs: -Infinity };

  /** The hold of this process before, as long as its file may be staged again. */
  #last: EndedHold | undefined;

  /** @param last The hold of this process before, which no other attempt gets as well. */
  constructor(readonly host: Host, readonly folder: string, last?: EndedHold) {
    this.#last = last;
    this.token = last?.token ?? uniqueName();
    this.#staged = `${folder}/${this.token}${STAGED}`;
  }

  stage(): void {
    if (performance.now() - this.#anchor.ownMs > RESTAGE_MS) this.unstage();
    if (this.#isStaged) return;
    const fileMs = this.#stageAgain() ?? this.#stageNew();
    this.#isStaged = true;
    this.#anchor = { fileMs, ownMs: performance.now() };
  }

  #stageNew(): number {
    const { fs } = this.host;
    const record = { token: this.token, ...this.host.processIdentity() };
    const bytes = new TextEncoder().encode(JSON.stringify(record) + "\n");
    // The folder above is the journal's own, which a power cut must not take.
    const create = () => fs.createNew(this.#staged, bytes);
    inDir(fs, this.folder, MAX_TRIES, create, ensureLastingDir);
    this.#size = bytes.length;
    return fs.lstat(this.#staged)?.mtimeMs ?? Date.now();
  }

  /**
   * Stages the file of the hold before, which is a name instead of a file; one more line end in it has
   * its age begin again. When it changed; `undefined` where that cannot be.
   */
  #stageAgain(): number | undefined {
    const { fs } = this.host;
    const last = this.#last;
    this.#last = undefined;
    if (last === undefined || last.size >= MAX_SIZE) return undefined;
    if (!this.link(freeName(last.generation), `${this.token}${STAGED}`)) return undefined;
    fs.append(this.#staged, LINE_END);
    const stat = fs.lstat(this.#staged);
    this.#size = last.size + LINE_END.length;
    if (stat?.size === this.#size) return stat.mtimeMs;
    // Another process swept it before the append, which made a file that says nothing.
    fs.remove(this.#staged);
    return undefined;
  }

  list(): readonly string[] {
    const names = (this.host.fs.list(this.folder) ?? []).map(({ name }) => name);
    // Those who hold see by it that others wait.
    if (!names.includes(`${this.token}${STAGED}`)) this.#isStaged = false;
    return names;
  }

  has(name: string): boolean {
    return this.host.fs.lstat(`${this.folder}/${name}`) !== undefined;
  }

  create(name: string): boolean {
    try {
      // A file server may say "taken" when its first answer, a success, got lost.
      return this.host.fs.link(this.#staged, `${this.folder}/${name}`) ||
        this.read(name)?.token === this.token;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#isStaged = false;
      return false;
    }
  }

  remove(name: string): void {
    const { fs } = this.host;
    const path = `${this.folder}/${name}`;
    try {
      fs.remove(path);
    } catch (error) {
      // No hold is a folder, and what one has in it stays.
      const isFolder = error instanceof HostError && fs.lstat(path)?.kind === "directory";
      if (!isFolder) throw error;
      fs.removeDir(path);
    }
  }

  link(name: string, to: string): boolean {
    try {
      return this.host.fs.link(`${this.folder}/${name}`, `${this.folder}/${to}`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false;
    }
  }

  moveOut(name: string, target: string): boolean {
    return this.host.fs.rename(`${this.folder}/${name}`, target);
  }

  /** Puts bytes where they wait to replace a file, unless a newer hold removes them meanwhile. */
  stageNext(name: string, bytes: Uint8Array): void {
    const { fs } = this.host;
    const path = `${this.folder}/${name}`;
    try {
      if (fs.createNew(path, bytes, true)) return;
      fs.remove(path); // of an earlier attempt that failed
      if (!fs.createNew(path, bytes, true)) throw new HostError("exists", "create", path);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** What a hold's file says; `undefined` when it is gone. */
  read(name: string): HoldFile | undefined {
    const { fs } = this.host;
    const path = `${this.folder}/${name}`;
    const stat = fs.lstat(path);
    if (stat === undefined) return undefined;
    const isSmall = stat.kind === "file" && stat.size <= MAX_RECORD_BYTES;
    const content = isSmall ? contentOf(fs.read(path)) : {};
    const { token, ...process } = content;
    return { token, process, ageMs: this.#now() - stat.mtimeMs };
  }

  /** Removes the staged file; if that fails, no hold is lost over it, and a sweep removes it. */
  unstage(): void {
    if (!this.#isStaged) return;
    this.#isStaged = false;
    try {
      this.host.fs.remove(this.#staged);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
    }
  }

  /** What the next attempt of this process may go on from, when a hold of this one was released. */
  ended(generation: number): EndedHold {
    return { token: this.token, generation, size: this.#size };
  }

  othersIn(names: readonly string[]): readonly string[] {
    return names.filter((name) =>
      name.endsWith(STAGED) && isUniqueName(name.slice(0, -STAGED.length)) &&
      !name.startsWith(this.token)
    );
  }

  /** The file system's clock, as far as this process can see. */
  #now(): number {
    const { fileMs, ownMs } = this.#anchor;
    return fileMs + performance.now() - ownMs;
  }
}

/** What can be read of a hold's file; of a foreign or torn one, nothing. */
function contentOf(bytes: Uint8Array | undefined): { token?: string } & Partial<ProcessIdentity> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!isObject(value)) return {};
  const content: Record<string, string | number> = {};
  for (const key of ["token", "host", "boot", "pidns", "start"]) {
    if (typeof value[key] === "string") content[key] = value[key];
  }
  if (Number.isSafeInteger(value["pid"])) content["pid"] = value["pid"] as number;
  return content;
}
