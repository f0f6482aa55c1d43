/** Files of other programs: those in which hosts of agents keep their settings, and coord's entries there. */
import type { Scope } from "../domain/input/hosts/hosts.ts";

/** One file of one host. */
export interface SettingsFile {
  /** The host's name. */
  readonly host: string;
  /** For whom it holds. */
  readonly scope: Scope;
  /** Where it is, or would be. */
  readonly path: string;
}

/** What was done to a file, or would be. */
export interface SettingsEdit extends SettingsFile {
  /** `repointed`: its entries have another command, since the program was gone or they are to fail closed. */
  readonly change: "installed" | "repointed" | "uninstalled" | "none";
  /** The command that it names now; null where there is none. */
  readonly command: string | null;
}

/** What a file has of coord. */
export interface SettingsState extends SettingsFile {
  /**
   * `plugin`: the file has coord's plugin on, which calls it; `drift`: there, and not as it should be,
   * which `problems` says; `shadowed`: the host's own settings switch it off; `unreadable`: the host
   * cannot read the file.
   */
  readonly state:
    | "absent"
    | "installed"
    | "plugin"
    | "drift"
    | "waits_for_trust"
    | "shadowed"
    | "unreadable";
  /** What it has the host run; null where there is nothing of coord. */
  readonly command: string | null;
  /** The program in it. */
  readonly program: string | null;
  /** Whether that can be run; null where there is none. */
  readonly program_found: boolean | null;
  /** Whether an edit that coord cannot check is denied; null where there is none. */
  readonly fail_closed: boolean | null;
  /** When the host called it last before or after an edit in this workspace, to the minute; else null. */
  readonly last_fired_at: string | null;
  /** What is not as it should be. */
  readonly problems: readonly string[];
}

/** Finds and edits settings. */
export interface HostSettingsFiles {
  /** Where settings of the project lie. */
  readonly top: string;
  /** The workspace of the project, if it has one. */
  readonly workspace: string | undefined;
  /** The hosts that are found on this machine, by their names. */
  found(): string[];
  /** The files of a host, those of the project first. */
  files(host: string): SettingsFile[];
  /** The absolute path of coord as a shell finds it; `undefined` where it finds none. */
  program(): string | undefined;
  /** The command that a file is to name; without `program` the one that fits the scope. */
  command(file: SettingsFile, program: string | undefined): string;
  /** What a file has that is made for a command. */
  whole(file: SettingsFile, command: string): string;
  /**
   * Adds coord's entries to a file, or takes them out where there is no command. Readers of the file see
   * the old content or the new one.
   *
   * @param write Without it the edit is tried, and nothing is written.
   * @throws {CoordError} `bad_args` where it cannot be edited.
   */
  edit(file: SettingsFile, command: string | undefined, write: boolean): SettingsEdit;
  state(file: SettingsFile): SettingsState;
}

/** A file of text that belongs to other programs or people, of which coord changes a part. */
export interface TextFile {
  /** The name by which it was asked for. */
  readonly path: string;
  /** Where its content lies, behind symbolic links. */
  readonly target: string;
  /** Its content as it was read, without the mark of its encoding; `undefined` where there is none. */
  readonly text: string | undefined;
  /** That mark, which is kept; empty where it has none. */
  readonly bom: string;
  /** Whether its mode lets its owner write it; one that is missing can be written. */
  readonly isWritable: boolean;
  /**
   * Replaces it by a whole new one, or removes it. Its readers see the old content or the new one, also
   * after a power cut; its mode, and a symbolic link to it, stay.
   *
   * @param mode That of a file that is made.
   * @returns `false` when another program has changed it since it was read.
   */
  replace(text: string | undefined, mode?: number): boolean;
}
