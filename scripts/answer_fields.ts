/**
 * Holds the fields of `src/commands/answers.ts`, which `--print` and help know, against the types that
 * the commands return. Prints which fields are missing or surplus, and exits with 1 for any.
 *
 * Usage: deno run -A scripts/answer_fields.ts
 */
import { type AnswerFields, ANSWERS, ENVELOPE } from "../src/commands/answers.ts";
import { ts } from "./deps.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const REGISTRY = `${ROOT}src/commands/registry.ts`;

/** What records carry besides the fields of their types. */
const UNTYPED: readonly string[] = ["nonce", "ttl_minutes"];

/** A command in the text of the registry. */
const ENTRY =
  /^ {2}"?([\w -]+)"?: \{[^}]*?import\("\.\/([\w/]+\.ts)"\)\.then\(\(module\) => module\.(\w+)\)/gm;

/** A line for each field that the lists lack, have too much or have in another form. */
export function answerFindings(
  answers: Readonly<Record<string, AnswerFields>> = ANSWERS,
): string[] {
  const types = new AnswerTypes();
  return [...types.all()].flatMap(([command, answer]) => {
    const { fields, lists = [], each = [] } = answers[command] ?? { fields: [] };
    const found = types.fieldsOf(answer);
    const items = lists.flatMap((list) => {
      const item = (found.get(list) ?? []).flatMap((type) => types.itemOf(type));
      found.delete(list);
      return item;
    });
    return [
      ...types.findings(command, found, fields, [...ENVELOPE, ...UNTYPED]),
      ...types.findings(
        `${command}, ${lists}`,
        types.fieldsOf(...items),
        // Of records whose fields are open, those that are listed are a choice.
        types.isOpen(items) ? [...types.fieldsOf(...items).keys()] : each,
        UNTYPED,
      ),
    ];
  });
}

/** The types of fields by their names; a field of a union has several. */
type Fields = Map<string, ts.Type[]>;

class AnswerTypes {
  readonly #program = ts.createProgram([REGISTRY], {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts"],
    types: [],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
  });
  readonly #checker = this.#program.getTypeChecker();

  /** The type of each command's answer, refusals among it, by the command's name. */
  all(): Map<string, ts.Type> {
    const text = Deno.readTextFileSync(REGISTRY);
    return new Map(
      [...text.matchAll(ENTRY)].map((
        [, name = "", path = "", symbol = ""],
      ) => [name, this.#answer(`${ROOT}src/commands/${path}`, symbol)] as const)
        .filter((each): each is [string, ts.Type] => each[1] !== undefined),
    );
  }

  /** `undefined` of a command that answers another program. */
  #answer(path: string, name: string): ts.Type | undefined {
    const file = this.#program.getSourceFile(path);
    let made: ts.Expression | undefined;
    const visit = (node: ts.Node): void => {
      if (ts.isVariableDeclaration(node) && node.name.getText() === name) made = node.initializer;
      else ts.forEachChild(node, visit);
    };
    if (file !== undefined) visit(file);
    if (made === undefined) throw new Error(`${path} has no command "${name}"`);
    // Of the object itself: its declared type does not know the fields of each refusal.
    const command = this.#checker.getTypeAtLocation(made);
    const call = (method: string) => {
      const symbol = command.getProperty(method);
      return symbol && this.#checker.getTypeOfSymbol(symbol).getCallSignatures()[0];
    };
    if (command.getProperty("raw") !== undefined) return undefined;
    const isStream = command.getProperty("stream") !== undefined;
    const [value] = call("text")?.parameters ?? [];
    const returned = call("run")?.getReturnType();
    const answer = isStream
      ? value && this.#checker.getTypeOfSymbol(value)
      : returned && this.#checker.getAwaitedType(returned);
    const states = command.getProperty("screen") && answer?.getProperty("states");
    if (states !== undefined) {
      return this.#checker.getTypeArguments(
        this.#checker.getTypeOfSymbol(states) as ts.TypeReference,
      )[0];
    }
    if (answer === undefined) throw new Error(`${path}: "${name}" has no answer`);
    return answer;
  }

  /** The fields of types, of each member of a union, and of each of several answers. */
  fieldsOf(...types: readonly ts.Type[]): Fields {
    const found: Fields = new Map();
    for (const type of types.flatMap(members)) {
      const fields = this.#checker.getPropertiesOfType(type);
      const values = type.symbol?.name === "Answers"
        ? fields.find(({ name }) => name === "values")
        : undefined;
      const own = values === undefined
        ? fields.map((field) => [field.name, [this.#checker.getTypeOfSymbol(field)]] as const)
        : this.fieldsOf(...this.itemOf(this.#checker.getTypeOfSymbol(values)));
      for (const [name, types] of own) found.set(name, [...(found.get(name) ?? []), ...types]);
    }
    return found;
  }

  /** Whether any field may be there. */
  isOpen(types: readonly ts.Type[]): boolean {
    return types.some((type) => type.getStringIndexType() !== undefined);
  }

  /** What an array holds; of anything else nothing. */
  itemOf(type: ts.Type): ts.Type[] {
    return members(type).flatMap((each) =>
      this.#checker.isArrayType(each)
        ? this.#checker.getTypeArguments(each as ts.TypeReference)
        : []
    );
  }

  /** What names of fields lack, have too much or have in another form than types do. */
  findings(
    where: string,
    fields: Fields,
    names: readonly string[],
    optional: readonly string[],
  ): string[] {
    const listed = Map.groupBy(names, (name) => name.replace(/\..*/, ""));
    const isOptional = (name: string) =>
      optional.some((each) => each === name || each === `${name}.*`);
    const surplus = [...listed.keys()].filter((name) => !fields.has(name) && !isOptional(name));
    return [
      ...surplus.map((name) => `${where}: no answer has the field ${name}`),
      ...[...fields].flatMap(([name, types]) => {
        const own = listed.get(name);
        if (own === undefined) return isOptional(name) ? [] : [`${where}: ${name} is missing`];
        const within = own.flatMap((each) => each === name ? [] : each.slice(name.length + 1));
        const isDeep = types.flatMap(members).some(({ flags }) => flags & DEEP);
        if (isDeep && !within.includes("*") && within.length > 0) {
          return this.findings(`${where}, ${name}`, this.fieldsOf(...types), within, UNTYPED);
        }
        if (isDeep === within.includes("*")) return [];
        return [`${where}: ${name} must be ${isDeep ? `${name}.*` : name}`];
      }),
    ];
  }
}

/** The members of a union, without null and undefined. */
function members(type: ts.Type): ts.Type[] {
  const all = type.isUnion() ? type.types : [type];
  return all.filter(({ flags }) => !(flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)));
}

/** Types of values that have fields of their own, or may have. */
const DEEP = ts.TypeFlags.Object | ts.TypeFlags.Unknown;

if (import.meta.main) {
  const findings = answerFindings();
  for (const finding of findings) console.log(`src/commands/answers.ts: ${finding}`);
  if (findings.length > 0) Deno.exit(1);
}
