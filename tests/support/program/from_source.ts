/** Runs coord from source, as a process of its own on the runtime that runs the test. */
import { spawn } from "node:child_process";
import process from "node:process";
import { fromSource } from "./mcp.ts";

/**
 * Runs coord.
 *
 * @param env Its environment, besides what the runtime needs.
 */
export async function runSource(
  cwd: string,
  env: Readonly<Record<string, string>>,
  ...args: string[]
) {
  const [command, ...more] = fromSource();
  const child = spawn(command, [...more, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], XDG_CONFIG_HOME: cwd, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (data) => out += String(data));
  child.stderr.on("data", (data) => err += String(data));
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, out, err };
}
