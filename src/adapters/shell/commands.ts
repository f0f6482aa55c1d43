/** The commands in the text of a shell, as Bash would read it. Nothing is run or looked up. */
import { forEachChild, parse, type SyntaxNode, type Word } from "../../deps/unbash.ts";
import { SHELL_TEXT, type ShellCommand, type ShellWord, within } from "../../domain/git/shell.ts";

/** Parts of a word that only a shell can work out. */
const UNKNOWN = new Set<SyntaxNode["type"]>([
  "SimpleExpansion",
  "ParameterExpansion",
  "CommandExpansion",
  "ArithmeticExpansion",
  "ProcessSubstitution",
  "ExtendedGlob",
  "BraceExpansion",
]);

/** What runs in a shell of its own, so that its `cd` ends with it. */
const APART = new Set<SyntaxNode["type"]>([
  "Subshell",
  "CommandExpansion",
  "ProcessSubstitution",
  "Coproc",
]);

/** Where a shell is; `undefined` where the text does not say. */
interface Place {
  folder: string | undefined;
}

/**
 * The commands in the order of the text, also those that may not come to run; none of what is malformed,
 * or so large that reading it takes long.
 */
export function shellCommands(text: string): readonly ShellCommand[] {
  if (text.length > SHELL_TEXT.characters) return [];
  if (text.split("<<", SHELL_TEXT.hereDocuments + 2).length > SHELL_TEXT.hereDocuments + 1) {
    return [];
  }
  const found: ShellCommand[] = [];
  visit(parse(text), { folder: "" }, found);
  return found;
}

function visit(node: SyntaxNode, place: Place, found: ShellCommand[]): void {
  if (node.type === "Script" && "errors" in node && (node.errors?.length ?? 0) > 0) return;
  const isApart = APART.has(node.type) || node.type === "Statement" && node.background === true;
  const own = isApart ? { ...place } : place;
  const isPiped = node.type === "Pipeline" && node.commands.length > 1;
  forEachChild(node, (child) => visit(child, isPiped ? { ...own } : own, found));
  if (node.type !== "Command" || node.name === undefined) return;
  const args = node.args.map((arg) =>
    arg.type === "Word" ? wordOf(arg) : { text: arg.text, isGlob: false }
  );
  const words = [wordOf(node.name), ...args];
  found.push({ words, folder: own.folder });
  if (/^(?:cd|pushd|popd)$/.test(words[0]?.text ?? "")) own.folder = moved(own.folder, words);
}

/** Where a shell is after a command that changes its folder. */
function moved(folder: string | undefined, words: ShellCommand["words"]): string | undefined {
  const isOption = (word: ShellWord | undefined) => /^-[LPe@]*$|^--$/.test(word?.text ?? "");
  const [to, ...more] = words.slice(1).filter((word, at) => at > 2 || !isOption(word));
  if (to === undefined || to.isGlob || more.length > 0 || words[0]?.text === "popd") {
    return undefined;
  }
  return within(folder, to.text);
}

/** What a word says; `undefined` where only a shell can work it out. */
function wordOf(word: Word): ShellWord | undefined {
  if (isUnknown(word) || /^~/.test(word.text)) return undefined;
  return { text: word.value, isGlob: word.parts?.some(({ type }) => type === "Glob") ?? false };
}

function isUnknown(node: SyntaxNode): boolean {
  if (UNKNOWN.has(node.type)) return true;
  if (!("parts" in node) || node.parts === undefined) return false;
  return node.parts.some((part) => isUnknown(part));
}
