import type { DoctorReport } from "../../engine/upkeep/doctor.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { column, counted } from "../text.ts";

/** What a racing process says to the one that started it. */
interface Joined {
  readonly status: "raced";
  readonly raced: object | null;
}

/** Bytes as people read them: `640 B`, `12.5 MB`. */
function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(1, bytes)) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}

/** What the whole report comes to, in a line. */
function headline({ status, promises }: DoctorReport): string {
  const count = (result: string) => promises.filter((one) => one.result === result).length;
  const failed = count("failed");
  const of = `${failed} of ${promises.length} promises ${failed === 1 ? "does" : "do"} not hold`;
  if (status === "unsound") return `unsound: ${of}`;
  if (status === "slow") return `slow: ${of}; nothing is lost, and waits end later`;
  if (status === "untried") return "untried: not all promises could be tried";
  return `sound: ${
    count("ok")
  } of ${promises.length} promises hold, and none is known to be broken`;
}

function spaceText({ file_system }: DoctorReport): string | null {
  const { free_bytes = null, total_bytes, free_inodes } = file_system ?? {};
  if (free_bytes === null) return null;
  return `${bytesText(free_bytes)} of ${bytesText(total_bytes ?? 0)} free` +
    (free_inodes === null ? "" : `, ${free_inodes} more files`);
}

function sizeText({ size }: DoctorReport): string | null {
  if (size === null) return null;
  return `${size.complete ? "" : "at least "}${counted(size.files, "file")}, ${
    bytesText(size.bytes)
  }`;
}

function facts(report: DoctorReport): Block {
  const { workspace, found_by, file_system, waits, checkouts, hosts } = report;
  const { type = null, mount_point } = file_system ?? {};
  const others = checkouts.filter((one) => one.workspace !== workspace).length;
  return {
    fields: {
      workspace,
      found_by,
      file_system: type === null ? null : `${type} at ${mount_point}`,
      space: spaceText(report),
      size: sizeText(report),
      waits: `${waits.live} live, ${waits.lapsed} lapsed`,
      checkouts: checkouts.length === 0
        ? null
        : `${checkouts.length - others} use this workspace, ${others} do not`,
      program: `coord ${report.version} (${report.runtime})`,
      hooks: hosts.length === 0 ? "none: run coord hook install" : counted(hosts.length, "file"),
    },
  };
}

export const doctor: AnswerCommand<DoctorReport | Joined, { readonly race?: string }> = {
  details:
    "Try what coord needs of the file system under the workspace: racing processes create, link, " +
    "replace, append and list. That happens in a folder in tmp/, which is removed afterwards, and no record is " +
    "changed. It takes up to 3 seconds. Then show checkouts, hooks, waits, room and size. sound: no " +
    "promise is broken. slow: the kernel does not notify, so waits end later, and nothing is lost. " +
    "unsound: a promise is broken, and something may be granted twice or lost. untried: a promise could not be tried.",
  examples: ["doctor", "doctor --json", "doctor --print promise,result"],
  operands: [],
  isReport: () => true,
  flags: {
    race: {
      type: "text",
      summary: "race in the folder of another coord doctor, which starts this",
      placeholder: "FOLDER",
    },
  },
  async run(context, { race }) {
    if (race !== undefined) {
      return { status: "raced", raced: await context.races(race) ?? null };
    }
    const { stop } = context;
    const coord = await context.open();
    return coord.doctor({ signal: stop });
  },
  text(value) {
    if (value.status === "raced") return value.raced === null ? "No race began" : "Raced";
    const { problems, promises, hosts } = value;
    return [
      headline(value),
      ...problems.flatMap(({ what, means, next }) => [
        `- ${what}`,
        ...(means === undefined ? [] : [`  ${means}`]),
        `  ${next}`,
      ]),
      "",
      {
        columns: ["PROMISE", column("RESULT", "state"), column("FOUND", "main")],
        rows: promises.map(({ promise, result, found }) => [promise, result, found]),
      },
      "",
      facts(value),
      ...(hosts.length === 0 ? [] : ["", {
        columns: [
          "HOST",
          "SCOPE",
          column("STATE", "state"),
          column("LAST CALL", "time"),
          column("FILE", "path"),
        ],
        rows: hosts.map((one) => [one.host, one.scope, one.state, one.last_fired_at, one.path]),
      }]),
    ];
  },
};
