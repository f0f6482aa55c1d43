/** What `coord doctor` reports: whether the store keeps its promises, and what is around it. */
import { isTicketLive } from "../../domain/glob/holds/ticket.ts";
import { quoted } from "../../domain/text.ts";
import { VERSION } from "../../domain/version.ts";
import type { CheckoutPlace, Whereabout } from "../../ports/checkout.ts";
import type { SettingsState } from "../../ports/host_settings.ts";
import type { Examination, FoundBy, Problem, TriedPromise } from "../../ports/store.ts";
import type { Context } from "../context.ts";

/** How to examine a workspace. */
export interface DoctorInput {
  /** Ends it early: what was not tried by then is reported as such. */
  readonly signal?: AbortSignal;
}

/** What was found of a workspace, the store under it, and this machine. */
export interface DoctorReport extends Examination {
  /**
   * `sound`: no promise is broken. `slow`: only such are broken as make waits longer. `unsound`: one is
   * broken on which it rests that nothing is granted twice or lost. `untried`: one of these could not be
   * tried.
   */
  readonly status: "sound" | "slow" | "unsound" | "untried";
  /** Where the workspace lies. */
  readonly workspace: string;
  /** How it was found. */
  readonly found_by: FoundBy;
  /** Calls that wait for a hold, and tickets of such that ended without giving theirs back. */
  readonly waits: { readonly live: number; readonly lapsed: number };
  /** The checkouts of the repository, the main one first, and the workspace that agents in each use. */
  readonly checkouts: readonly CheckoutPlace[];
  /** The hosts of agents that have settings of coord, as `coord hook status` shows them. */
  readonly hosts: readonly SettingsState[];
  /** Of coord. */
  readonly version: string;
  /** What runs it, with its version; null where that is not known. */
  readonly runtime: string | null;
  /** The operating system; null where that is not known. */
  readonly os: string | null;
}

/** A promise that no process can try by itself. */
const NEVER_TRIED = "durable_names";

const NOTHING: Examination = { promises: [], problems: [], file_system: null, size: null };

/** What `Coord.doctor()` promises. */
export async function examineWorkspace(
  context: Context,
  { signal }: DoctorInput,
): Promise<DoctorReport> {
  const { store, clock, foundBy = "dir" } = context;
  const found = await context.examine?.(signal) ?? NOTHING;
  const around = await context.around?.();
  const now = clock();
  const tickets = await store.tickets.list();
  const live = tickets.filter((ticket) => isTicketLive(ticket, now)).length;
  const { checkouts = [], hosts = [], runtime = null, os = null } = around ?? {};
  const exposure = context.exposure?.();
  return {
    status: statusOf(found.promises),
    workspace: store.location,
    found_by: foundBy,
    problems: [
      ...promiseProblems(found.promises),
      ...found.problems,
      ...(exposure === undefined ? [] : [exposureProblem(exposure)]),
      ...aroundProblems(store.location, { checkouts, hosts }),
    ],
    promises: found.promises,
    file_system: found.file_system,
    size: found.size,
    waits: { live, lapsed: tickets.length - live },
    checkouts,
    hosts,
    version: VERSION,
    runtime,
    os,
  };
}

function statusOf(promises: readonly TriedPromise[]): DoctorReport["status"] {
  const broken = promises.filter(({ result }) => result === "failed");
  if (broken.some(({ carries }) => carries === "safety")) return "unsound";
  if (promises.some(isUntried)) return "untried";
  return broken.length > 0 ? "slow" : "sound";
}

/** What the promises come to: each that is broken, and of the others each cause once. */
function promiseProblems(promises: readonly TriedPromise[]): Problem[] {
  const causes = new Map<string, number>();
  for (const { found } of promises.filter(isUntried)) {
    causes.set(found, (causes.get(found) ?? 0) + 1);
  }
  return [
    ...promises.filter(({ result }) => result === "failed").map(brokenProblem),
    ...[...causes].map(([found, count]) => ({
      what: `${count} of ${promises.length} promises could not be tried: ${found}`,
      next: "Run coord doctor again where that is not in the way",
    })),
  ];
}

function isUntried({ promise, result }: TriedPromise): boolean {
  return result === "not_tried" && promise !== NEVER_TRIED;
}

function brokenProblem({ promise, found, means, carries, next }: TriedPromise): Problem {
  const onFiles = carries === "promptness"
    ? "For prompt answers, keep the workspace on a disk of this machine"
    : "Keep the workspace on a local disk of this machine, and name it by COORD_DIR";
  return { what: `${promise}: ${found}`, means, next: next ?? onFiles };
}

/** The warning says both: what is wrong, and after the last colon what to do. */
function exposureProblem(exposure: string): Problem {
  const at = exposure.lastIndexOf(": ");
  const next = exposure.slice(at + 2);
  return { what: exposure.slice(0, at), next: next.charAt(0).toUpperCase() + next.slice(1) };
}

function aroundProblems(
  workspace: string,
  { checkouts, hosts }: Pick<Whereabout, "checkouts" | "hosts">,
): Problem[] {
  const apart = checkouts.filter((one) => one.workspace !== null && one.workspace !== workspace);
  return [
    ...apart.map(({ path, workspace: other }) => ({
      what: `Agents in ${quoted(path, 200)} use another workspace, ${quoted(other ?? "", 200)}`,
      next: "Set COORD_DIR for them to this one, if they are to see its holds",
    })),
    ...hosts.flatMap(({ path, problems }) =>
      problems.map((problem) => ({
        what: problem.startsWith(path) ? problem : `${path}: ${problem}`,
        next: "See coord hook status, and run coord hook install again",
      }))
    ),
  ];
}
