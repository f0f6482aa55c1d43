import { SERVER_HOSTS } from "../../domain/input/hosts/servers.ts";
import type { AnswerCommand, OperandSpec } from "../command.ts";
import {
  type EditInput,
  installAll,
  type InstallAnswer,
  type InstallInput,
  installProblems,
  installText,
  PROGRAM,
  uninstallAll,
  type UninstallAnswer,
  uninstallText,
} from "./edits.ts";
import { HOST_LIST, hostsGiven, SETTINGS_FLAGS } from "./flags.ts";

const SERVER_HOST_LIST: OperandSpec = { ...HOST_LIST, choices: Object.keys(SERVER_HOSTS) };

export const mcpInstall: AnswerCommand<InstallAnswer, InstallInput> = {
  details:
    "Adds coord mcp to the servers in the settings of hosts, behind all others. Nothing else in the " +
    "file changes; mcp uninstall gives the same file back, byte for byte. The lines for Codex stand " +
    "between two marks at the end of its file. A file that is read-only, that its host cannot read, " +
    "or that has another server called coord is left alone. Then nothing is written for any host. " +
    "Installing again changes nothing, except where the program is gone. A project without a " +
    "workspace gets one, as by coord init, unless the scope is user.",
  examples: ["mcp install claude", "mcp install codex cursor --scope user"],
  operands: [SERVER_HOST_LIST],
  flags: { ...SETTINGS_FLAGS, program: PROGRAM },
  check: installProblems,
  async run(context, input) {
    const settings = await context.settings("servers");
    return installAll(context, settings, input, { hosts: SERVER_HOSTS });
  },
  text: installText,
};

export const mcpUninstall: AnswerCommand<UninstallAnswer, EditInput> = {
  details: "Takes coord mcp out of the settings of hosts. What mcp install made for it goes as " +
    "well, the file included; the rest keeps every byte. The workspace stays.",
  examples: ["mcp uninstall claude"],
  operands: [SERVER_HOST_LIST],
  flags: SETTINGS_FLAGS,
  check: hostsGiven,
  run: async (context, input) => uninstallAll(await context.settings("servers"), input),
  text: uninstallText,
};
