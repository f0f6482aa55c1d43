import type { Host } from "../ports/host.ts";

let found: Promise<Host> | undefined;

/** The host that this process runs on. Only its own module is loaded. */
export function detectHost(): Promise<Host> {
  found ??= "Deno" in globalThis
    ? import("./deno.ts").then((module) => module.denoHost)
    : import("./node.ts").then((module) => module.nodeHost);
  return found;
}
