/** Serves a workspace to pages on this machine, until the process is stopped. */
import type { ServeInput, Serving } from "../commands/command.ts";
import { VERSION } from "../domain/version.ts";
import type { Clock } from "../domain/time.ts";
import type { Coord } from "../engine/coord.ts";
import { LOOPBACK, serveHttp } from "../host/people/http.ts";
import { FleetPages } from "./follow.ts";
import { newToken } from "./guard.ts";
import { respond, type Served } from "./routes.ts";
import { SAMPLE_S, SAMPLES } from "./samples.ts";

/** Serves a workspace until `stop`. */
export async function serveFleet(
  coord: Coord,
  { port: asked = 0, control = false, runId = ownRunId() }: ServeInput,
  clock: Clock,
  stop: AbortSignal,
): Promise<Serving> {
  const pages = new FleetPages(coord);
  const token = newToken();
  const hello = {
    version: VERSION,
    place: coord.location,
    control,
    run_id: runId,
    sample_s: SAMPLE_S,
    samples_max: SAMPLES,
  };
  const { port, close } = await serveHttp(asked, (request, reply) => {
    const served: Served = { coord, pages, clock, port, token, control, runId, hello };
    // What fails has been answered, or its connection has gone.
    respond(request, reply, served).catch(() => {});
  });
  const url = `http://${LOOPBACK}:${port}/?token=${token}`;
  if (stop.aborted) close();
  stop.addEventListener("abort", close);
  return { status: "serving", url, port, control, run_id: runId };
}

/** Who acts where no run id is given. */
function ownRunId(): string {
  return `web-${crypto.randomUUID().slice(0, 8)}`;
}
