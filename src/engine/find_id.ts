/** From what a caller types to the record that is meant: a whole id, or a unique prefix of one. */
import { badInput, CoordError, type InputProblem } from "../domain/errors.ts";
import { idOfStem, idProblem, prefixOfInput, stemOfId } from "../domain/ids.ts";
import { quoted } from "../domain/text.ts";

/** Ids that are named when a prefix fits several. */
const MAX_CANDIDATES = 10;

/** Records that can be found by the beginning of their ids. */
interface Findable {
  /** The full ids that begin with these characters, sorted; at most `limit` of them. */
  find(prefix: string, limit: number): Promise<string[]>;
}

/** What may be meant, by the word for it: `task`, `reservation`. */
type Findables<K extends string> = Readonly<Record<K, Findable>>;

/** A record that was found. */
export interface FoundId<K extends string> {
  readonly kind: K;
  readonly id: string;
}

/** How to ask: the name of the input's field, and the code of the errors about it. */
interface Asked {
  readonly field: string;
  readonly code: InputProblem["code"];
}

const DIGITS = /^[0-9a-f]{64}$/;

/** The full id that an input says, or `undefined` when it is only a prefix or another tool's id. */
export function wholeId(input: string, asked: Asked): string | undefined {
  const problem = idProblem(input);
  if (problem !== undefined) throw badInput([{ ...asked, message: problem }]);
  const prefix = prefixOfInput(input);
  return DIGITS.test(prefix) ? idOfStem(prefix) : undefined;
}

/**
 * The one record of these kinds that an id or a unique prefix means.
 *
 * @throws {CoordError} `not_found` when there is none; the code of `asked`, with the candidates,
 * when there are several, or when the input is no id.
 */
export async function findId<K extends string>(
  input: string,
  asked: Asked,
  among: Findables<K>,
): Promise<FoundId<K>> {
  const kinds = Object.keys(among) as K[];
  const whole = wholeId(input, asked);
  const [only] = kinds;
  // A command that acts on a whole id of one kind finds out by itself whether there is such a
  // record.
  if (whole !== undefined && kinds.length === 1 && only) return { kind: only, id: whole };
  const prefix = prefixOfInput(input);
  const found: FoundId<K>[] = [];
  for (const kind of kinds) {
    for (const id of await among[kind].find(prefix, MAX_CANDIDATES)) found.push({ kind, id });
  }
  const exact = found.filter(({ id }) => stemOfId(id).toLowerCase() === prefix);
  const [first, ...others] = exact.length > 0 ? exact : found;
  if (first === undefined) throw notFound(kinds, input);
  if (others.length === 0) return first;
  const candidates = [first, ...others].slice(0, MAX_CANDIDATES);
  const names = candidates.map(({ kind, id }) => kinds.length === 1 ? id : `${kind} ${id}`);
  throw new CoordError(
    asked.code,
    `Cannot resolve ${kinds.join(" or ")} ${quoted(input)}: ` +
      `candidates are ${names.join(", ")}`,
    { candidates: candidates.map(({ id }) => id) },
  );
}

/** No record of these kinds has that id. */
export function notFound(kinds: readonly string[], input: string): CoordError {
  const message = `No ${kinds.join(" or ")} has the id ${quoted(input, 80)}`;
  return new CoordError("not_found", message, { id: input });
}
