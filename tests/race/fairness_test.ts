/** Processes that wait for one address are served in the order in which they came. */
import { openWorkspace } from "../../mod.ts";
import { assertEquals, itIf } from "../deps.ts";
import { sized } from "../support/length.ts";
import { hasShell } from "../support/program/posix_shell.ts";
import { isWritten, namesIn, Running, until, written } from "../support/program/working.ts";
import { workspace } from "../support/scene/workspace.ts";

const itSh = itIf(hasShell, "there is no shell of POSIX");

/** How many wait, and which of them are killed before their turn. */
const { waiters, killed } = sized(
  { waiters: 3, killed: [] as readonly number[] },
  { waiters: 8, killed: [2, 5] },
  { waiters: 16, killed: [2, 5, 6, 11] },
);

itSh("coord with --wait of many processes is served first come, first served", async () => {
  const { dir } = await workspace();
  const coord = await openWorkspace({ dir });
  const held = await coord.reservations.hold({ addresses: ["src"], runId: "z", exclusive: true });
  const calls: Running[] = [];
  const tickets = () =>
    namesIn(`${dir}/.coord`).includes("tickets") ? namesIn(`${dir}/.coord/tickets`).length : 0;
  for (let n = 0; n < waiters; n++) {
    const wish = n % 2 === 0 ? ["src/**"] : ["src/a.ts", "--lane", "@x"];
    const script = `[ ! -e busy ] && echo 1 > busy && echo ${n} >> served; rm busy`;
    const args = ["with", "--run-id", `w${n}`, "--wait", "600", ...wish, "--"];
    calls.push(new Running(dir, [...args, "/bin/sh", "-c", script]));
    await until("it waits", () => tickets() > n);
  }
  for (const n of killed) calls[n]?.signal("SIGKILL");
  await held[Symbol.asyncDispose]();
  const left = calls.filter((_, n) => !killed.includes(n));
  assertEquals(await Promise.all(left.map((call) => call.ended)), left.map(() => 0));
  assertEquals(isWritten(`${dir}/busy`), false);
  const order = calls.keys().filter((n) => !killed.includes(n)).map(String).toArray();
  assertEquals(written(`${dir}/served`).split("\n"), order);
  for (const call of calls) await call[Symbol.asyncDispose]();
});
