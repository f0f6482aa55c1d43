/** All queues that are measured, coord first. */
import { BEANSTALKD } from "./beanstalkd.ts";
import { COORD, FLOOR, SQLITES } from "./files_and_sqlite.ts";
import type { Peer } from "./peer.ts";
import { POSTGRESES } from "./postgres.ts";
import { PYTHONS } from "./python.ts";
import { REDISES } from "./redis.ts";

export const PEERS: readonly Peer[] = [
  COORD,
  FLOOR,
  ...SQLITES,
  ...REDISES,
  BEANSTALKD,
  ...POSTGRESES,
  ...PYTHONS,
];
