/** Workers on Node: what they run is bundled, and coord is the package that npm would get. */
import { fileURLToPath } from "node:url";
import { bundleForNpm } from "../../bundle.ts";
import { run } from "../../support/run.ts";
import { bunPath } from "../../support/toolchain.ts";
import { installForNode } from "../peers/clients/packages.ts";
import { DELETES, postgres } from "../peers/queues/postgres.ts";
import type { Peer } from "../peers/queues/peer.ts";

const CLIENTS = fileURLToPath(new URL("../peers/clients", import.meta.url));

/** What the workers run, by the names of the clients. */
const NAMES = ["worker", "coord_postgres", "pg_boss", "graphile_worker"];

/** The line of a worker. */
export type NodeLine = (client: string, config: Readonly<Record<string, string>>) => string[];

/** The version of Node, or why there is none. */
export async function nodeVersion(): Promise<string> {
  const { code, output } = await run("node", ["--version"]);
  if (code !== 0) throw new Error(`Cannot run node: ${output.trim()}`);
  return output.trim();
}

/** Makes all that workers need in a folder. */
export async function nodeWorkers(folder: string): Promise<NodeLine> {
  const library = `${folder}/coord/mod.mjs`;
  await bundleForNpm(`${folder}/coord`);
  await installForNode(folder);
  const { code, output } = await run(await bunPath(), [
    "build",
    "--target=node",
    "--format=esm",
    `--outdir=${folder}`,
    ...NAMES.map((name) => `${CLIENTS}/${name}.ts`),
  ]);
  if (code !== 0) throw new Error(`Cannot bundle the workers: ${output.trim()}`);
  return (client, config) => [
    "node",
    `${folder}/worker.js`,
    client,
    JSON.stringify({ ...config, library }),
  ];
}

/** The queues that are held against each other, coord first. */
export function nodePeers(line: NodeLine): readonly [coord: Peer, ...others: Peer[]] {
  return [
    postgres("coord", "coord_postgres", undefined, undefined, (how) => line("coord_postgres", how)),
    postgres("pg-boss", "pg_boss", "pg-boss", undefined, (how) => line("pg_boss", how)),
    postgres(
      "graphile-worker",
      "graphile_worker",
      "graphile-worker",
      DELETES,
      (how) => line("graphile_worker", how),
    ),
  ];
}
