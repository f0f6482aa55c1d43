/** What the commands on the settings of hosts share. */
import { GENERIC, HOSTS, type Scope, SCOPES } from "../../domain/input/hosts/hosts.ts";
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
  choices: [...Object.keys(HOSTS), GENERIC],
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

/** Hosts are named, or all are meant; the one without settings is not. */
export function hostsGiven({ hosts = [], all }: SettingsInput): InputProblem[] {
  const problem = (message: string): InputProblem => ({ field: "HOST", code: "bad_args", message });
  if ((hosts.length > 0) === (all === true)) {
    return [problem(all === true ? "goes without --all" : "is required, or --all")];
  }
  const reason = "has no settings: have a script call what coord hook print generic shows";
  return hosts.includes(GENERIC) ? [problem(`${GENERIC} ${reason}`)] : [];
}

/** The files that are meant; a host has not every scope, and some have several files in one. */
export function filesMeant(
  settings: HostSettingsFiles,
  { hosts, all, scope = "project" }: SettingsInput,
): { files: SettingsFile[]; without: string[] } {
  const names = all === true ? settings.found() : [...new Set(hosts)];
  const found = names.map((name) => settings.files(name).filter((file) => file.scope === scope));
  return {
    files: found.flat(),
    without: names.filter((_, index) => found[index]?.length === 0),
  };
}

/** That hosts lack a scope, and which they have. */
export function noScope(
  settings: HostSettingsFiles,
  hosts: readonly string[],
  scope: Scope,
): InputProblem {
  const has = hosts.map((host) => {
    const scopes = [...new Set(settings.files(host).map((file) => file.scope))];
    return `${host} has ${scopes.length === 0 ? "none here" : scopes.join(" and ")}`;
  });
  const message = `is ${JSON.stringify(scope)}, and ${has.join(", ")}`;
  return { field: "scope", code: "bad_args", message };
}
