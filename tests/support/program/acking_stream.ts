/** `coord watch --ack` in a process of its own. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { until } from "../race/processes.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const RUNTIME = "Deno" in globalThis ? ["run", "-A", "--config", `${ROOT}deno.json`] : [];

/** A stream in a process of its own; each line that it gets takes an event. */
export function ackingStream(dir: string) {
  const cursor = `${dir}/seen`;
  const args = [
    "watch",
    "--json",
    "--kind",
    "task",
    "--cursor",
    cursor,
    "--ack",
    "--synced",
  ];
  const child = spawn(process.execPath, [...RUNTIME, `${ROOT}cli.ts`, ...args, "--dir", dir], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (part) => output += part);
  const events = () =>
    output.split("\n").slice(0, -1).map((line) => JSON.parse(line)).map(
      ({ event_type, data }) => data === undefined ? event_type : `${event_type} ${data.title}`,
    );
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    events,
    ended,
    synced: () => until("the stream is synced", () => events().includes("synced")),
    /** What is kept of what was taken. */
    position: () => readFileSync(cursor, "utf8"),
    take: () => child.stdin.write("taken\n"),
    hangUp: () => child.stdin.end(),
    kill: () => child.kill("SIGKILL"),
  };
}
