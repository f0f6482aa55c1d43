/** Where a caller works: its checkout, the branch that it is on, and what names mean there. */
import type { Checkout } from "../../../ports/checkout.ts";
import { BranchReader } from "./branch.ts";
import { Surroundings } from "./surroundings.ts";

export class Whereabouts extends Surroundings
  implements Pick<Checkout, "named" | "worktree" | "branch"> {
  readonly #branches = new BranchReader(this);

  branch(explicit?: string): string {
    return this.#branches.branch(explicit);
  }
}
