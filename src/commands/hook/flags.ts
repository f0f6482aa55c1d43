/** What the commands on the settings of hosts share. */
import { HOSTS, type Scope, SCOPES } from "../../domain/input/hosts/hosts.ts";
import type { InputProblem } from "../../domain/errors.ts";
import type { HostSettingsFiles, SettingsFile } from "../../ports/host_settings.ts";
import type { FlagSpec, OperandSpec } from "../command.ts";

/** Which settings a command is about. */
export interface SettingsInput {
  readonly hosts?: readonly string[];
  readonly all?: boolean;
  readonly scope?: Scope;
}

export const HOST: OperandSpec = {
  name: "HOST",
  summary: "the host",
  choices: Object.keys(HOSTS),
  as: "host",
};

export const HOST_LIST: OperandSpec = { ...HOST, repeatable: true, as: "hosts" };

export const SCOPE: FlagSpec = {
  type: "text",
  summary: "project for all who share it, local for you in it, user for all your projects",
  placeholder: "SCOPE",
  choices: SCOPES,
  default: "project",
};

export const SETTINGS_FLAGS: Readonly<Record<string, FlagSpec>> = {
  all: { type: "boolean", summary: "all hosts that are found on this machine" },
  scope: SCOPE,
  "dry-run": { type: "boolean", summary: "say what would be done, and write nothing" },
};

/** Hosts are named, or all are meant. */
export function hostsGiven({ hosts, all }: SettingsInput): InputProblem[] {
  if ((hosts !== undefined && hosts.length > 0) !== (all === true)) return [];
  const message = all === true ? "goes without --all" : "is required, or --all";
  return [{ field: "HOST", code: "bad_args", message }];
}

/** The files that are meant, one a host; a host has not every scope. */
export function filesMeant(
  settings: HostSettingsFiles,
  { hosts, all, scope = "project" }: SettingsInput,
): { files: SettingsFile[]; without: string[] } {
  const names = all === true ? settings.found() : [...new Set(hosts)];
  const found = names.map((name) => settings.files(name).find((file) => file.scope === scope));
  return {
    files: found.filter((file) => file !== undefined),
    without: names.filter((_, index) => found[index] === undefined),
  };
}
