// What TypeScript's own parser says that a file imports, in the words that coord has for it.
import { ts } from "../../../scripts/deps.ts";

/** The imports of a file, sorted; `undefined` where it has errors. */
export function typescriptImports(path: string, text: string): string[] | undefined {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kindOf(path));
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly unknown[] };
  if (parseDiagnostics.length > 0) return undefined;
  const found = new Set<string>();
  const add = (module: ts.Node | undefined, names: readonly (string | null)[] = [null]) => {
    if (module === undefined || !ts.isStringLiteralLike(module)) return;
    if (module.getText(file).includes("\\")) return;
    for (const name of names) found.add(name === null ? module.text : `${module.text} ${name}`);
  };
  const visit = (node: ts.Node): void => {
    importOf(node, add);
    ts.forEachChild(node, visit);
    const { jsDoc } = node as { jsDoc?: readonly ts.Node[] };
    if (file.flags & ts.NodeFlags.JavaScriptFile) jsDoc?.forEach(visit);
  };
  visit(file);
  for (const { fileName } of file.referencedFiles) {
    found.add(/^\.\.?\//.test(fileName) ? fileName : `./${fileName}`);
  }
  for (const { fileName } of file.typeReferenceDirectives) {
    if (/^\.\.?\//.test(fileName)) found.add(fileName);
  }
  return [...found].sort();
}

type Add = (module: ts.Node | undefined, names?: readonly (string | null)[]) => void;

function importOf(node: ts.Node, add: Add): void {
  if (ts.isImportDeclaration(node) || ts.isJSDocImportTag(node)) {
    add(node.moduleSpecifier, namesOf(node.importClause));
  } else if (ts.isExportDeclaration(node)) {
    const clause = node.exportClause;
    add(node.moduleSpecifier, clause && ts.isNamedExports(clause) ? listed(clause) : [null]);
  } else if (ts.isImportEqualsDeclaration(node)) {
    if (ts.isExternalModuleReference(node.moduleReference)) add(node.moduleReference.expression);
  } else if (ts.isImportTypeNode(node)) {
    if (ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
  } else if (ts.isModuleDeclaration(node)) {
    if (ts.isStringLiteral(node.name) && /^\.\.?\//.test(node.name.text)) add(node.name);
  } else if (ts.isCallExpression(node)) {
    if (
      /^(?:import(?:\.(?:source|defer|meta\.resolve))?|require(?:\.resolve)?)$/.test(
        plain(node.expression),
      )
    ) {
      add(node.arguments[0]);
    }
  } else if (ts.isNewExpression(node)) {
    const [module, base] = node.arguments ?? [];
    if (plain(node.expression) !== "URL" || node.arguments?.length !== 2) return;
    if (base === undefined || plain(base) !== "import.meta.url") return;
    if (module && ts.isStringLiteralLike(module) && /^\.\.?\//.test(module.text)) add(module);
  }
}

/** An expression without its white space and comments. */
function plain(node: ts.Node): string {
  if (ts.isPropertyAccessExpression(node)) return `${plain(node.expression)}.${node.name.text}`;
  return node.getText().replaceAll(/\s/g, "");
}

function namesOf(clause: ts.ImportClause | undefined): (string | null)[] {
  const bindings = clause?.namedBindings;
  const names = bindings && ts.isNamedImports(bindings) ? listed(bindings) : [null];
  return clause?.name === undefined || bindings === undefined ? names : [null, ...names];
}

function listed(list: ts.NamedImports | ts.NamedExports): (string | null)[] {
  const names = list.elements.map(({ propertyName, name }) => {
    const other = propertyName ?? name;
    return ts.isStringLiteral(other) || other.text === "default" ? null : other.text;
  });
  return names.length === 0 ? [null] : names;
}

function kindOf(path: string): ts.ScriptKind {
  if (/\.[cm]?ts$/.test(path)) return ts.ScriptKind.TS;
  return path.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.JSX;
}
