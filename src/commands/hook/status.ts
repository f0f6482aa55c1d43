import type { SettingsState } from "../../ports/host_settings.ts";
import { HOSTS } from "../../domain/input/hosts/hosts.ts";
import type { AnswerCommand, CommandContext } from "../command.ts";
import { column } from "../text.ts";

const COLUMNS = [
  "HOST",
  "SCOPE",
  column("STATE", "state"),
  "PROGRAM",
  "IF IT FAILS",
  column("LAST CALL", "time"),
  column("FILE", "path"),
];

/** What hosts call coord. */
interface HookStatus {
  readonly workspace: string | null;
  readonly hosts: readonly SettingsState[];
  readonly guards: readonly string[];
  readonly not_guarded: readonly string[];
}

/** Where the records are, if that is no workspace's files. */
async function storeOf(context: CommandContext): Promise<string | null> {
  const { values } = await context.config();
  const store = values.find(({ key }) => key === "store")?.value;
  return typeof store === "string" && store !== "files" ? store : null;
}

export const status: AnswerCommand<HookStatus> = {
  details:
    "Show for each host and scope whether the host calls coord, and by which program. Where the " +
    "plugin is on in a file, the state is plugin. What is in drift is not as it should be; what waits_for_trust has no approval by the user yet. What is " +
    "shadowed is switched off in the host's settings, and what is unreadable the host cannot read.",
  examples: ["hook status"],
  operands: [],
  flags: {},
  async run(context) {
    const settings = await context.settings();
    const workspace = settings.workspace ?? await storeOf(context);
    const files = Object.keys(HOSTS).flatMap((host) => settings.files(host));
    return {
      workspace,
      hosts: files.map((file) => settings.state(file)),
      guards: ["edit", "git"],
      not_guarded: ["shell"],
    };
  },
  text({ workspace, hosts }) {
    const there = hosts.filter(({ state }) => state !== "absent");
    const isCalled = there.some(({ state, program_found }) =>
      state === "installed" || state === "plugin" || state === "drift" && program_found === true
    );
    const names = new Set(hosts.map(({ host }) => host));
    const absent = [...names].filter((name) => there.every(({ host }) => host !== name));
    const rows = there.map(({ host, scope, state, program, fail_closed, last_fired_at, path }) => [
      host,
      scope,
      state,
      program,
      fail_closed === null ? null : fail_closed ? "denies" : "passes",
      last_fired_at,
      path,
    ]);
    return [
      ...(rows.length === 0 ? [] : [{ columns: COLUMNS, rows }, ""]),
      ...there.flatMap(({ path, problems }) => problems.map((problem) => `${path}: ${problem}`)),
      ...(absent.length === 0 ? [] : [`Not set up: ${absent.join(", ")}`]),
      workspace === null
        ? "There is no workspace here, so hooks guard nothing: run coord init"
        : rows.length === 0
        ? "No host calls coord here, so nothing is guarded: run coord hook install"
        : !isCalled
        ? "No host calls coord yet, so nothing is guarded: STATE says why"
        : "Edits by the host's own tools are guarded, and git that sweeps what others hold. Other " +
          "edits through the shell are not.",
    ];
  },
};
