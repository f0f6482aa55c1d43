/** The folder that a bench works in, and its end, also by a signal. */
import { killServers } from "./queues/server.ts";

/** How often the folder is removed: workers that are about to end may still add a file meanwhile. */
const ATTEMPTS = 6;

/**
 * Makes a folder that servers of other users may enter. Its disposal, SIGINT and SIGTERM end the
 * servers and remove it.
 */
export async function makeScratch(prefix: string): Promise<{ readonly path: string } & Disposable> {
  const path = await Deno.makeTempDir({ prefix });
  await Deno.chmod(path, 0o755);
  const end = () => {
    killServers();
    for (let attempts = 1;; attempts++) {
      try {
        return Deno.removeSync(path, { recursive: true });
      } catch (error) {
        if (attempts === ATTEMPTS) throw error;
      }
    }
  };
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => {
      end();
      Deno.exit(code);
    });
  }
  return { path, [Symbol.dispose]: end };
}
