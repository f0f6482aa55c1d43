/** What of coord's stands in the settings of hosts, and in which form. */
import { UnfitFile } from "../../../../domain/errors.ts";
import {
  calledBy,
  hookCommand,
  programOf,
  type SettingsForm,
} from "../../../../domain/input/hosts/form.ts";
import { JsonSettings } from "../../../../domain/input/hosts/hooks.ts";
import { HOSTS, type HostSettings } from "../../../../domain/input/hosts/hosts.ts";
import { TomlSettings, WholeFile } from "../../../../domain/input/hosts/own_text.ts";
import {
  JsonServer,
  SERVER_HOSTS,
  serverCommand,
  serverProgram,
  TomlServer,
} from "../../../../domain/input/hosts/servers.ts";
import { parseSettings } from "./json.ts";

/** A kind of what stands there. */
export interface SettingsKind {
  readonly hosts: Readonly<Record<string, HostSettings>>;
  /** The form of a file, which is read as the host does, or in the sense of its entries alone. */
  form(host: string, bom: string, reading?: "lenient"): SettingsForm;
  /** The command of an entry; with `isShared` nothing is wrong where the program is missing, if that can be. */
  command(host: string, program: string, isShared: boolean): string;
  /** The program in a command; `undefined` where that is not one of coord's. */
  programOf(host: string, command: string): string | undefined;
}

/** @throws {TypeError} for a host that has no settings. */
export function hostOf(name: string, { hosts }: Pick<SettingsKind, "hosts"> = HOOKS): HostSettings {
  const host = hosts[name];
  if (host === undefined) throw new TypeError(`No settings of a host ${name}`);
  return host;
}

function lenient(text: string) {
  return parseSettings(text, "lenient");
}

/** Reads a file as its host does. */
function checked({ json }: HostSettings, bom: string) {
  return (text: string) => {
    if (bom !== "" && json?.bom === undefined) {
      throw new UnfitFile("the host reads no byte order mark");
    }
    return parseSettings(text, json?.syntax ?? "json");
  };
}

/** The form of a file with hooks. */
export function formOf(host: string, bom: string, reading?: "lenient"): SettingsForm {
  const settings = hostOf(host);
  if (settings.json !== undefined) {
    const parse = reading === "lenient" ? lenient : checked(settings, bom);
    return new JsonSettings(host, settings, parse, lenient);
  }
  return settings.toml === undefined
    ? new WholeFile(host, settings)
    : new TomlSettings(host, settings);
}

/** Hooks. */
export const HOOKS: SettingsKind = {
  hosts: HOSTS,
  form: formOf,
  command(host, program, isShared) {
    const { silence = "" } = hostOf(host);
    return hookCommand(calledBy(host), program, isShared ? silence : undefined);
  },
  programOf: (host, command) => programOf(calledBy(host), command),
};

/** The server of the Model Context Protocol. */
export const SERVERS: SettingsKind = {
  hosts: SERVER_HOSTS,
  form(host, bom, reading) {
    const settings = hostOf(host, SERVERS);
    if (settings.json === undefined) return new TomlServer();
    const parse = reading === "lenient" ? lenient : checked(settings, bom);
    return new JsonServer(settings, parse, lenient);
  },
  command: (_host, program) => serverCommand(program),
  programOf: (_host, command) => serverProgram(command),
};
