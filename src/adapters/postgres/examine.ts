/** What examines the server under a space. It is loaded when that is asked for. */
import type { Examine } from "../../ports/store.ts";
import type { Space } from "./space.ts";

export function examinerOf({ place }: Space): Examine {
  return async (stop) => {
    const { examinePostgres } = await import("./upkeep/examine.ts");
    return examinePostgres(place, stop);
  };
}
