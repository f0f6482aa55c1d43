/** Following a fleet, as the library offers it; the rest is loaded when the first state is asked for. */
import type { FleetContext } from "./fleet.ts";
import type { Fleet, FleetOptions } from "./types.ts";

/**
 * Follows the state of a fleet: what every run does and holds, the queues, who waits for whom, and what
 * may need a person. A state follows when something changes, and each second since ages do. The states
 * end with the loop over them.
 *
 * @param options How often, and when to end.
 * @returns The states, the first as soon as all records were read.
 *
 * @example
 * ```ts
 * import { initWorkspace, openWorkspace } from "@coord/coord";
 *
 * const project = await Deno.makeTempDir();
 * await initWorkspace(project);
 * const coord = await openWorkspace({ dir: project });
 * await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
 * await coord.tasks.claim({ runId: "agent-1" });
 *
 * for await (const { runs, alerts } of coord.fleet({ once: true })) {
 *   console.assert(runs.agents[0]?.task?.title === "Refactor billing" && alerts.length === 0);
 * }
 * ```
 *
 * @example Which paths several runs hold
 * ```ts
 * import { initWorkspace, openWorkspace } from "@coord/coord";
 *
 * const project = await Deno.makeTempDir();
 * await initWorkspace(project);
 * const coord = await openWorkspace({ dir: project });
 * await coord.reservations.reserve({ addresses: ["src/**"], runId: "agent-1" });
 * await coord.reservations.reserve({ addresses: ["src/tax.ts"], runId: "agent-2" });
 *
 * for await (const fleet of coord.fleet({ once: true })) {
 *   console.assert(fleet.conflicts_last_minute === 1);
 *   console.assert(fleet.conflicts[0]?.run_ids.join() === "agent-2,agent-1");
 *   console.assert(fleet.hotspots.some(({ address }) => address === "src/tax.ts"));
 * }
 * ```
 */
export type FollowFleet = (options?: FleetOptions) => AsyncIterable<Fleet>;

/** What {@link FollowFleet} promises. */
export async function* followFleet(
  context: FleetContext,
  options: FleetOptions,
): AsyncGenerator<Fleet, undefined> {
  const { fleetStates } = await import("./fleet.ts");
  return yield* fleetStates(context, options);
}
