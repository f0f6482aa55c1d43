// What the layer rules need to know of one source file, read from its syntax tree, so that comments
// and strings are never taken for code.
import { ts } from "../deps.ts";

/** One `import`, `export from`, `import()` or `import("x")` type. */
export interface ImportFact {
  readonly line: number;
  /** `undefined` when a dynamic import computes it. */
  readonly specifier: string | undefined;
  readonly typeOnly: boolean;
}

/** One file, reduced to what the rules look at. */
export interface SourceFacts {
  readonly lines: number;
  readonly imports: readonly ImportFact[];
  /** Where the file names a runtime's global, `Deno` or `Bun`. */
  readonly runtimes: readonly { readonly line: number; readonly name: string }[];
  /** The types that the file declares, its own and those that it exports. */
  readonly types: readonly { readonly line: number; readonly name: string }[];
  /** Whether the file does nothing but pass on the exports of others. */
  readonly isBarrel: boolean;
}

/** Reads the facts of a file. */
export function sourceFacts(path: string, text: string): SourceFacts {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineOf = (node: ts.Node) =>
    file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  const imports: ImportFact[] = [];
  const runtimes: { line: number; name: string }[] = [];

  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== undefined) {
      imports.push({
        line: lineOf(found.specifier ?? node),
        specifier: found.specifier && ts.isStringLiteral(found.specifier)
          ? found.specifier.text
          : undefined,
        typeOnly: found.typeOnly,
      });
    }
    const name = runtimeNamed(node);
    if (name !== undefined) runtimes.push({ line: lineOf(node), name });
    ts.forEachChild(node, visit);
  };
  visit(file);

  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const types = file.statements.filter(isType).flatMap(({ name }) =>
    name === undefined ? [] : [{ line: lineOf(name), name: name.text }]
  );
  return { lines, imports, runtimes, types, isBarrel: isBarrel(file) };
}

function isType(
  node: ts.Node,
): node is ts.ClassDeclaration | ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  return ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node);
}

function importOf(
  node: ts.Node,
): { specifier: ts.Node | undefined; typeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node)) {
    return { specifier: node.moduleSpecifier, typeOnly: importsTypes(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: node.moduleSpecifier, typeOnly: exportsTypes(node) };
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return { specifier: node.moduleReference.expression, typeOnly: node.isTypeOnly };
  }
  if (ts.isImportTypeNode(node)) {
    const argument = node.argument;
    return {
      specifier: ts.isLiteralTypeNode(argument) ? argument.literal : undefined,
      typeOnly: true,
    };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: node.arguments[0], typeOnly: false };
  }
  return undefined;
}

function importsTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  return clause.name === undefined && named !== undefined && ts.isNamedImports(named) &&
    allTypes(named.elements);
}

function exportsTypes(node: ts.ExportDeclaration): boolean {
  const named = node.exportClause;
  return node.isTypeOnly ||
    named !== undefined && ts.isNamedExports(named) && allTypes(named.elements);
}

function allTypes(elements: ts.NodeArray<ts.ImportSpecifier | ts.ExportSpecifier>): boolean {
  return elements.length > 0 && elements.every((element) => element.isTypeOnly);
}

function runtimeNamed(node: ts.Node): string | undefined {
  // `globalThis["Deno"]` is as much a use as `globalThis.Deno`.
  const isKey = ts.isStringLiteralLike(node) && ts.isElementAccessExpression(node.parent);
  if (!isKey && !ts.isIdentifier(node)) return undefined;
  return node.text === "Deno" || node.text === "Bun" ? node.text : undefined;
}

function isBarrel(file: ts.SourceFile): boolean {
  return file.statements.some(ts.isExportDeclaration) &&
    file.statements.every((each) => ts.isExportDeclaration(each) || ts.isImportDeclaration(each));
}
