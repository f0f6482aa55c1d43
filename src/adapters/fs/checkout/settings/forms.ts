/** The form of each host's settings. */
import { UnfitFile } from "../../../../domain/errors.ts";
import type { SettingsForm } from "../../../../domain/input/hosts/form.ts";
import { JsonSettings } from "../../../../domain/input/hosts/hooks.ts";
import { HOSTS, type HostSettings } from "../../../../domain/input/hosts/hosts.ts";
import { TomlSettings, WholeFile } from "../../../../domain/input/hosts/own_text.ts";
import { parseSettings } from "./json.ts";

/** @throws {TypeError} for a host that has no settings. */
export function hostOf(name: string): HostSettings {
  const host = HOSTS[name];
  if (host === undefined) throw new TypeError(`No settings of a host ${name}`);
  return host;
}

/** The form of a file, which is read as the host does, or in the sense of its entries alone. */
export function formOf(host: string, bom: string, reading?: "lenient"): SettingsForm {
  const settings = hostOf(host);
  const { json, toml } = settings;
  const lenient = (text: string) => parseSettings(text, "lenient");
  const checked = (text: string) => {
    if (bom !== "" && json?.bom === undefined) {
      throw new UnfitFile("the host reads no byte order mark");
    }
    return parseSettings(text, json?.syntax ?? "json");
  };
  if (json !== undefined) {
    return new JsonSettings(host, settings, reading === "lenient" ? lenient : checked, lenient);
  }
  return toml === undefined ? new WholeFile(host, settings) : new TomlSettings(host, settings);
}
