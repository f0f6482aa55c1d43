/** What lanes need of a workspace of files: `lanes.json`, the journal, notification. */
import { basename, dirname } from "../../../deps/path.ts";
import { CoordError, type InputProblem } from "../../../domain/errors.ts";
import { lanesOf } from "../../../domain/input/configuration.ts";
import { quoted } from "../../../domain/text.ts";
import { NO_TAXONOMY, type Taxonomy } from "../../../domain/lane/taxonomy.ts";
import type { Agreement } from "../../../ports/agreement.ts";
import { type Host, HostError } from "../../../ports/host.ts";
import type { Journal } from "../../../ports/journal.ts";
import type { LaneStore } from "../../../ports/lanes.ts";
import type { JournalFile } from "./journal_file.ts";
import { FsJournalPort } from "./journal_port.ts";
import { BarrenFolders } from "../disk/folder_mark.ts";
import { ensureLastingDir } from "../disk/ensure_dir.ts";
import { readRecord } from "../disk/record_file.ts";

export class FsLanes implements LaneStore {
  readonly journal: Journal;
  readonly #barren: BarrenFolders;

  /**
   * @param file The journal, somewhere in the file system.
   * @param taxonomyPath `lanes.json`; `undefined` where there is no workspace.
   * @param agreement Where lanes may stand as well.
   */
  constructor(
    readonly host: Host,
    readonly file: JournalFile,
    readonly taxonomyPath: string | undefined,
    readonly agreement?: Agreement,
  ) {
    this.journal = new FsJournalPort(file);
    this.#barren = new BarrenFolders(host.fs);
  }

  async taxonomy(): Promise<Taxonomy> {
    if (this.taxonomyPath === undefined) return NO_TAXONOMY;
    const own = this.#own(this.taxonomyPath) ?? await this.#team();
    if (own === undefined) return NO_TAXONOMY;
    const { path, file } = own;
    const { readTaxonomy } = await import("./taxonomy.ts");
    const read = file.kind === "broken"
      ? [file.reason]
      : readTaxonomy(this.host, dirname(this.taxonomyPath), file.value);
    if ("lanes" in read) return read;
    const message = `Cannot use ${quoted(path, 200)}: ${read.join("; ")}`;
    const problems = read.map((message): InputProblem => ({
      field: basename(path),
      code: "bad_args",
      message,
    }));
    throw new CoordError("bad_args", message, { path, problems });
  }

  async setTaxonomy(taxonomy: Taxonomy): Promise<void> {
    if (this.taxonomyPath === undefined) throw new TypeError("A journal by its path has no lanes");
    const { writeTaxonomy } = await import("./taxonomy.ts");
    writeTaxonomy(this.host, this.taxonomyPath, taxonomy);
  }

  /** What the workspace says itself, if it does. */
  #own(path: string) {
    return this.#barren.within(dirname(path), () => {
      const file = readRecord(this.host.fs, path);
      return file.kind === "gone" ? undefined : { path, file };
    });
  }

  /** The lanes that the team's `coord.json` names. */
  async #team() {
    const found = await this.agreement?.team();
    if (found === undefined) return undefined;
    const value = lanesOf(found.config);
    return value && { path: found.path, file: { kind: "record", value } } as const;
  }

  watch(onChange: () => void, onError: (error: unknown) => void): { close(): void } {
    const path = this.journal.location;
    const folder = dirname(path);
    const name = basename(path);
    try {
      ensureLastingDir(this.host.fs, folder);
    } catch (error) {
      // On a file system that only can be read others may still write.
      if (!(error instanceof HostError)) throw error;
    }
    return this.host.watch([folder], (hint) => {
      if (hint.name === undefined || hint.name === name) onChange();
    }, onError);
  }
}
