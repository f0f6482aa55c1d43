/** Hosts of the tests' own: network namespaces, each with a line to this machine that can be cut. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";

/** Why there are none. */
export function noHosts(): string | undefined {
  if (process.getuid?.() !== 0) return "only root makes network namespaces";
  return existsSync("/usr/sbin/ip") && existsSync("/usr/bin/faketime")
    ? undefined
    : "ip or faketime is not installed";
}

function ip(text: string): void {
  execFileSync("ip", text.split(" "), { stdio: "pipe" });
}

/** A host, whose clock is ahead by a number of hours. */
export function newHost(number: number, hoursAhead: number) {
  const name = `coord-${process.pid}-${number}`;
  const [near, far] = [
    `cn${process.pid % 10_000}x${number}`,
    `cf${process.pid % 10_000}x${number}`,
  ];
  const net = `10.${200 + process.pid % 50}.${number}`;
  ip(`netns add ${name}`);
  ip(`link add ${near} type veth peer name ${far} netns ${name}`);
  ip(`addr add ${net}.1/30 dev ${near}`);
  ip(`link set ${near} up`);
  ip(`-n ${name} addr add ${net}.2/30 dev ${far}`);
  ip(`-n ${name} link set ${far} up`);
  ip(`-n ${name} link set lo up`);
  ip(`-n ${name} route add default via ${net}.1`);
  const clock = hoursAhead === 0
    ? []
    : ["env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", `+${hoursAhead}h`];
  return {
    /** This machine, as the first host sees it. */
    address: `${net}.1`,
    /** What starts a program there. */
    prefix: ["ip", "netns", "exec", name, ...clock],
    aheadMs: hoursAhead * 3_600_000,
    cut: () => ip(`link set ${near} down`),
    mend: () => ip(`link set ${near} up`),
    async close() {
      ip(`netns del ${name}`);
    },
  };
}
