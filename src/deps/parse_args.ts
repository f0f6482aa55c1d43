import * as args from "jsr:@std/cli@^1.0/parse-args";

interface ParseArgsOptions {
  string?: string[];
  boolean?: string[];
  collect?: string[];
  alias?: Record<string, string>;
  "--"?: boolean;
  stopEarly?: boolean;
  unknown?: (arg: string, key?: string, value?: unknown) => boolean | void;
}

type ParsedArgs = { _: (string | number)[]; "--"?: string[] } & { [key: string]: unknown };

const typed: { parseArgs(args: string[], options: ParseArgsOptions): ParsedArgs } = args;
export const parseArgs = typed.parseArgs;
