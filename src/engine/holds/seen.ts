/** What a run saw of files, and whether that is still so: for agents whose host calls no hook. */
import { badInput, CoordError, type InputProblem } from "../../domain/errors.ts";
import * as fields from "../../domain/input/fields.ts";
import type { FileState } from "../../domain/input/hook/sighting.ts";
import { ruled, TEXTS } from "../../domain/input/rule.ts";
import { MAX_ADDRESSES } from "../../domain/limits.ts";
import { quoted } from "../../domain/text.ts";
import { formatTime } from "../../domain/time.ts";
import type { LocatedFile, Sightings } from "../../ports/sightings.ts";
import type { Context } from "../context.ts";
import { inputProblems } from "../input.ts";
import { NAMING } from "../names.ts";
import { changeText, compared, type ComparedFile, isStale } from "./stale.ts";

/** Which files, and who saw them. */
export interface SeenInput {
  /** 1 to 1000 paths of files; each is a path, letter for letter, and no pattern. */
  readonly paths: readonly string[];
  /** Who saw them. */
  readonly runId: string;
  /** The folder that they are relative to, absolute or from the top; default the top of the checkout. */
  readonly base?: string;
}

/** A file as it was seen. */
export interface SeenFile extends FileState {
  /** From the top of the checkout. */
  readonly path: string;
}

/** What is remembered now. */
export interface SeenAnswer {
  /** The word of the call. */
  readonly status: "seen";
  /** Who saw them. */
  readonly run_id: string;
  /** When that was. */
  readonly seen_at: string;
  /** How many files. */
  readonly total: number;
  /** The files. */
  readonly files: readonly SeenFile[];
}

/** Which of the files have changed. */
export interface FreshAnswer {
  /** `stale` when one has changed since this run saw it, or was removed. */
  readonly status: "fresh" | "stale";
  /** Who saw them. */
  readonly run_id: string;
  /** How many files. */
  readonly total: number;
  /** The files. */
  readonly files: readonly ComparedFile[];
  /** What has changed, for people. */
  readonly error?: string;
}

/** The fields of the input, for the library and the command line alike. */
export const SEEN_FIELDS = {
  paths: ruled(TEXTS, (paths) => {
    if (paths.length === 0) return "must name at least one file";
    return paths.length > MAX_ADDRESSES ? `must be at most ${MAX_ADDRESSES}` : undefined;
  }),
  runId: fields.holderId,
  base: NAMING.base,
} as const;

/** Files that an error names. */
const MAX_NAMED = 3;

/** What runs saw of files. Nothing here grants anything: it says whether to read a file again. */
export class SeenFiles {
  readonly #context: Pick<Context, "sightings" | "clock">;

  /** Made by `openWorkspace()`. */
  constructor(context: Pick<Context, "sightings" | "clock">) {
    this.#context = context;
  }

  /**
   * Remembers that a run saw files as they are now, as after reading or writing them.
   *
   * @param input Which files, and who saw them.
   * @returns What each file is now.
   * @throws {CoordError} `not_found` when one is no file; then none is remembered.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * await Deno.writeTextFile(`${project}/tax.ts`, "export const rate = 7;\n");
   * const { files } = await coord.files.seen({ paths: ["tax.ts"], runId: "agent-1" });
   * console.assert(files[0]?.size === 23);
   * ```
   */
  async seen(input: SeenInput): Promise<SeenAnswer> {
    const { sightings, located } = this.#read(input);
    const found: { file: LocatedFile; state: FileState }[] = [];
    for (const file of located) {
      const state = await sightings.stateOf(file.path);
      if (state === null) {
        const message = `Cannot take ${quoted(file.text, 200)} as seen: there is no regular file`;
        throw new CoordError("not_found", message, { path: file.address });
      }
      found.push({ file, state });
    }
    const run_id = input.runId;
    const seen_at = formatTime(this.#context.clock());
    for (const { file: { path }, state } of found) {
      await sightings.add({ run_id, path, state, seen_at, by: "read" });
    }
    const files = found.map(({ file, state }) => ({ path: file.address, ...state }));
    return { status: "seen", run_id, seen_at, total: files.length, files };
  }

  /**
   * Compares files with what a run saw of them. It only reads: seeing a file again is what makes it fresh.
   *
   * @param input Which files, and who is about to write them.
   * @returns Which of them have changed, and by whom. A file that the run never saw is not stale.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * const file = { paths: ["tax.ts"], runId: "agent-1" };
   * await Deno.writeTextFile(`${project}/tax.ts`, "export const rate = 7;\n");
   * await coord.files.seen(file);
   * await Deno.writeTextFile(`${project}/tax.ts`, "export const rate = 9;\n");
   * console.assert((await coord.files.checkFresh(file)).status === "stale");
   * ```
   */
  async checkFresh(input: SeenInput): Promise<FreshAnswer> {
    const { sightings, located } = this.#read(input);
    const files: ComparedFile[] = [];
    for (const file of located) files.push((await compared(sightings, input.runId, file)).file);
    const answer = { run_id: input.runId, total: files.length, files };
    const stale = files.filter(isStale);
    if (stale.length === 0) return { status: "fresh", ...answer };
    const named = stale.slice(0, MAX_NAMED).map(changeText);
    const rest = stale.length > named.length ? [`and ${stale.length - named.length} more`] : [];
    const error = `Read again before you write: ${[...named, ...rest].join("; ")}`;
    return { status: "stale", ...answer, error };
  }

  #read(input: SeenInput): { sightings: Sightings; located: readonly LocatedFile[] } {
    const sightings = this.#context.sightings?.();
    if (sightings === undefined) throw new TypeError("Nothing is known here of files");
    const problems = inputProblems(input, SEEN_FIELDS, ["paths", "runId"]);
    const { paths, base } = input;
    const located: LocatedFile[] = [];
    if (problems.length === 0) {
      for (const file of sightings.locate([...new Set(paths)], { base })) {
        if ("address" in file) located.push(file);
        else problems.push(pathProblem(file.problem));
      }
    }
    if (problems.length > 0) throw badInput(problems);
    return { sightings, located };
  }
}

function pathProblem(message: string): InputProblem {
  return { field: "paths", code: "bad_args", message };
}
