/** What is done after a call: it must not keep the caller waiting for its answer. */
import type { Clock } from "../../domain/time.ts";
import type { Host } from "../../ports/host.ts";
import type { Elsewhere } from "./options.ts";

/** Has ended records of a workspace removed that a command adds to, and ends what a store keeps open. */
export class Growth {
  path: string | undefined;
  readonly #elsewhere: Elsewhere[] = [];

  readonly onFound = (path: string): void => void (this.path = path);
  readonly onElsewhere = (opening: Elsewhere): void => void this.#elsewhere.push(opening);

  async collect(command: { readonly grows?: true }, host: Host, clock: Clock): Promise<void> {
    const isElsewhere = this.#elsewhere.length > 0;
    if (command.grows === true && (isElsewhere || this.path !== undefined)) {
      const { collectElsewhere, collectWhenDue } = await import("./collecting.ts");
      if (isElsewhere) await collectElsewhere(host, this.#elsewhere[0]);
      else if (this.path !== undefined) await collectWhenDue(host, this.path, clock);
    }
    for (const opening of this.#elsewhere) await opening.close();
  }
}
