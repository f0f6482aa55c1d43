/**
 * Writes the tables of fields at the end of `docs/json.md` from the declarations of the answers and
 * their doc comments. With `--check` it writes nothing, and exits with 1 when they are out of date.
 *
 * Usage: deno run -A scripts/json_fields.ts [--check]
 */
import { ts } from "./deps.ts";
import { formatted } from "./support/pages.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const DOCUMENT = `${ROOT}docs/json.md`;
const BEGIN = "<!-- The rest is written by scripts/json_fields.ts. -->";

/** The types whose fields are listed, by the file that declares them. */
const ANSWERS: readonly (readonly [path: string, ...types: string[]])[] = [
  ["src/domain/task/task.ts", "TaskRecord"],
  ["src/domain/task/claim.ts", "ClaimRecord"],
  ["src/engine/task/types.ts", "TaskHeartbeat", "TaskItem", "TaskList"],
  ["src/domain/task/attempts.ts", "TaskAttempt"],
  ["src/engine/watch/log.ts", "Log", "LogEvent"],
  ["src/engine/watch/agents.ts", "AgentList", "AgentItem", "AgentTask"],
  ["src/domain/watch/exposition.ts", "Metric", "MetricSample"],
  ["src/engine/watch/transfer/export.ts", "ExportHead", "ExportedTask", "ExportEnd"],
  ["src/engine/watch/transfer/import.ts", "Imported", "ImportRefused"],
  ["src/engine/watch/transfer/plan.ts", "ImportConflict"],
  [
    "src/engine/watch/fleet/types.ts",
    "Fleet",
    "FleetAlert",
    "FleetQueue",
    "FleetPending",
    "FleetWait",
    "FleetConflict",
    "FleetHotspot",
    "FleetFailure",
    "FleetAttempt",
  ],
  [
    "src/engine/watch/show.ts",
    "TaskShown",
    "ReservationShown",
    "IntentShown",
    "LaneShown",
  ],
  ["src/commands/command.ts", "Serving"],
  ["src/engine/task/work_types.ts", "TaskWorked"],
  ["src/domain/reservation/reservation.ts", "ReservationRecord", "IntentRecord"],
  ["src/domain/glob/holds/comparison.ts", "ReservationConflict", "LeaseConflict"],
  [
    "src/engine/reservation/types.ts",
    "ReservationGranted",
    "ReservationDenied",
    "ReservationHeartbeat",
    "ReservationReleased",
    "ReservationList",
  ],
  ["src/engine/holds/check.ts", "CheckAnswer"],
  ["src/engine/holds/checked.ts", "CheckedHold"],
  ["src/commands/reservation/with.ts", "WithAnswer"],
  ["src/engine/wait/types.ts", "WaitAnswer", "AwaitedTask"],
  ["src/domain/lane/lease.ts", "Lease"],
  [
    "src/engine/lane/types.ts",
    "LaneAcquired",
    "LaneDenied",
    "LaneReleased",
    "LaneHeartbeat",
    "LaneAdopted",
    "LaneSpawned",
    "LaneHalted",
    "LaneList",
  ],
];

/** What the declarations need of the language's own library, which is slow to load. */
const LIBRARY = `
interface Array<T> { length: number } interface ReadonlyArray<T> { length: number }
interface String {} interface Number {} interface Boolean {} interface Object {}
interface Function {} interface IArguments {} interface RegExp {}
type Partial<T> = { [K in keyof T]?: T[K] };
type Readonly<T> = { readonly [K in keyof T]: T[K] };
type Pick<T, K extends keyof T> = { [P in K]: T[P] };
type Record<K extends string, T> = { [P in K]: T };
type Exclude<T, U> = T extends U ? never : T;
type Omit<T, K extends string> = { [P in Exclude<keyof T, K>]: T[P & keyof T] };
`;

/** The tables as Markdown. */
export function fieldTables(): string {
  const paths = ANSWERS.map(([path]) => ROOT + path);
  const options: ts.CompilerOptions = {
    noLib: true,
    allowImportingTsExtensions: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  const library = "/library.d.ts";
  host.fileExists = (path) => path === library || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    path === library
      ? ts.createSourceFile(path, LIBRARY, ts.ScriptTarget.Latest)
      : getSourceFile(path, ...rest);
  const program = ts.createProgram([library, ...paths], options, host);
  const checker = program.getTypeChecker();
  const parts: string[] = [];
  for (const [path, ...names] of ANSWERS) {
    const file = program.getSourceFile(ROOT + path);
    if (file === undefined) throw new Error(`no file ${path}`);
    for (const name of names) {
      const node = file.statements.find((
        each,
      ): each is ts.InterfaceDeclaration | ts.TypeAliasDeclaration =>
        (ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each)) &&
        each.name.text === name
      );
      if (node === undefined) throw new Error(`no type ${name} in ${path}`);
      const about = checker.getSymbolAtLocation(node.name);
      const rows = checker.getPropertiesOfType(checker.getTypeAtLocation(node.name)).map((field) =>
        `| \`${field.name}\` | ${commentOf(field, checker)} |`
      );
      if (rows.length === 0) throw new Error(`no fields in ${name}`);
      const text = about === undefined ? "" : commentOf(about, checker);
      parts.push(`### ${name}`, text, ["| field | |", "| --- | --- |", ...rows].join("\n"));
    }
  }
  return parts.join("\n\n");
}

/** The comment of a field, or of the last of its declarations that has one, on one line. */
function commentOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").trim();
}

/** The document with its tables written again, before formatting. */
export function withTables(text: string): string {
  const [prose] = text.split(BEGIN);
  if (prose === undefined || prose === text) throw new Error(`docs/json.md has no line ${BEGIN}`);
  return `${prose}${BEGIN}\n\n## Fields by type\n\n${fieldTables()}\n`;
}

if (import.meta.main) {
  const before = await Deno.readTextFile(DOCUMENT);
  const after = await formatted(withTables(before));
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(DOCUMENT, after);
  else if (after !== before) {
    console.log("docs/json.md is out of date: run deno run -A scripts/json_fields.ts");
    Deno.exit(1);
  }
}
