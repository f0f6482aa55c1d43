/**
 * The client of PostgreSQL: one connection, with no pool and no reconnecting of its own.
 *
 * A statement that the server keeps by its name is asked for the first time as the package does it. Then it
 * is known what its answers look like. So from then on one message asks it, which has the server
 * describe nothing, and of an answer only the rows are made.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
import Package from "npm:pg@^8.23/lib/client.js";

export interface PostgresResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number | null;
}

/** A statement that the server keeps by its name. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** One connection. What is used of it. */
export interface PostgresClient {
  /** The number of the backend, as it was named at the start. */
  readonly processID: number | null;
  connect(): Promise<unknown>;
  query(text: string | PreparedStatement, values?: readonly unknown[]): Promise<PostgresResult>;
  on(event: "error", body: (error: Error) => void): unknown;
  on(event: "end" | "drain", body: () => void): unknown;
  on(
    event: "notification",
    body: (message: { channel: string; payload?: string }) => void,
  ): unknown;
  end(): Promise<void>;
  /** Whether it keeps the process alive. */
  ref(): void;
  unref(): void;
}

/** How to connect. */
export interface PostgresConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: () => string;
  readonly ssl: false | { readonly rejectUnauthorized: boolean; readonly ca?: string };
  readonly application_name: string;
  readonly connectionTimeoutMillis: number;
  readonly keepAlive: boolean;
  /** Whether a statement is sent before those ahead of it are answered; each is still one of its own. */
  readonly pipeline: boolean;
}

/** Where messages are written. */
interface Stream {
  write(message: Uint8Array): unknown;
  setTimeout(ms: number, body: () => void): unknown;
  destroy(error: Error): unknown;
}

/** What the package calls with an answer. */
type Callback = (error: Error | null, result?: PostgresResult) => void;

type Parse = (text: string) => unknown;

/** A column of an answer. */
interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** What the package asks of a question, and calls with what comes of it. */
interface Question {
  submit(connection: { readonly stream: Stream }): Error | null;
  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void;
  handleCommandComplete(message: { readonly text: string }): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
}

interface PackageResult extends PostgresResult {
  readonly fields?: readonly Field[];
}

interface PackageClient extends PostgresClient {
  readonly connection: { readonly stream: Stream };
  query(
    asked: string | PreparedStatement | Question,
    values?: readonly unknown[],
  ): Promise<PackageResult>;
  getTypeParser(type: number, format: "text"): Parse;
}

const Typed: {
  new (config: PostgresConfig): PackageClient;
  readonly Query: new (config: { readonly callback: Callback }) => Question;
} = Package;

/** A statement with what its answers look like. */
interface Known {
  readonly start: Uint8Array;
  readonly columns: readonly { readonly name: string; readonly parse: Parse }[];
}

/** One question and its answer. */
class Repeated extends Typed.Query {
  readonly #rows: Record<string, unknown>[] = [];
  #rowCount: number | null = null;

  constructor(readonly known: Known, readonly message: Uint8Array, readonly done: Callback) {
    super({ callback: done });
  }

  override submit({ stream }: { readonly stream: Stream }): null {
    stream.write(this.message);
    return null;
  }

  override handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const row: Record<string, unknown> = {};
    const { columns } = this.known;
    for (let n = 0; n < columns.length; n++) {
      const [column, text] = [columns[n], fields[n]];
      if (column !== undefined) row[column.name] = text == null ? null : column.parse(text);
    }
    this.#rows.push(row);
  }

  override handleCommandComplete({ text }: { readonly text: string }): void {
    this.#rowCount = Number(text.slice(text.lastIndexOf(" ") + 1));
  }

  override handleError(error: Error): void {
    this.done(error);
  }

  override handleReadyForQuery(): void {
    this.done(null, { rows: this.#rows, rowCount: this.#rowCount });
  }
}

/** One connection; it is lost where the server says nothing for a time while it is asked something. */
export class Client extends Typed implements PostgresClient {
  readonly #known = new Map<string, Known>();
  #isAsked = false;

  /** @param silenceMs For how long the server may say nothing. */
  constructor(config: PostgresConfig, readonly silenceMs: number) {
    super(config);
    this.on("drain", () => this.#isAsked = false);
  }

  override async connect(): Promise<void> {
    await super.connect();
    const { stream } = this.connection;
    // The system's own timer of a connection, which costs a question nothing.
    stream.setTimeout(this.silenceMs, () => {
      if (this.#isAsked) stream.destroy(new Error("no answer in time"));
    });
  }

  override query(
    asked: string | PreparedStatement,
    values?: readonly unknown[],
  ): Promise<PackageResult> {
    this.#isAsked = true;
    if (typeof asked === "string") return super.query(asked, values);
    const known = this.#known.get(asked.name);
    return known === undefined ? this.#first(asked) : this.#again(known, asked.values);
  }

  async #first(asked: PreparedStatement): Promise<PackageResult> {
    const answer = await super.query({ ...asked, values: asked.values.map(textOf) });
    const columns = (answer.fields ?? []).map(({ name, dataTypeID }) => ({
      name,
      parse: this.getTypeParser(dataTypeID, "text"),
    }));
    this.#known.set(asked.name, { start: bindOf(asked.name), columns });
    return answer;
  }

  #again(known: Known, values: readonly unknown[]): Promise<PostgresResult> {
    return new Promise((resolve, reject) => {
      const done: Callback = (error, result) => {
        if (result === undefined) reject(error);
        else resolve(result);
      };
      super.query(new Repeated(known, messageOf(known.start, values), done));
    });
  }
}

const encoder = new TextEncoder();

/** The beginning of a Bind up to its values: no portal's name, all in text. */
function bindOf(name: string): Uint8Array {
  const encoded = encoder.encode(name);
  const start = new Uint8Array(1 + 4 + 1 + encoded.length + 1 + 2);
  start[0] = 0x42;
  start.set(encoded, 6);
  return start;
}

/** What ends the Bind, with its answer in text; then an Execute of all rows, and a Sync. */
const END = Uint8Array.of(0, 0, 0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4);

/** In which messages are written that are not long; a copy of it is sent. */
const scratch = new Uint8Array(256 * 1024);

/** Bind, Execute and Sync as one piece. */
function messageOf(start: Uint8Array, values: readonly unknown[]): Uint8Array {
  const texts = values.map(textOf);
  let most = start.length + 2 + END.length;
  // No character takes more bytes than three times its units.
  for (const text of texts) most += 4 + 3 * (text?.length ?? 0);
  const message = most > scratch.length ? new Uint8Array(most) : scratch;
  message.set(start);
  message[start.length] = texts.length >> 8;
  message[start.length + 1] = texts.length;
  let at = start.length + 2;
  for (const text of texts) {
    const size = text === null ? -1 : encoder.encodeInto(text, message.subarray(at + 4)).written;
    putInt(message, at, size);
    at += 4 + Math.max(0, size);
  }
  // Its length counts itself and what follows, without the letter ahead of it.
  putInt(message, 1, at + 2 - 1);
  message.set(END, at);
  return message.slice(0, at + END.length);
}

function putInt(message: Uint8Array, at: number, value: number): void {
  message[at] = value >> 24;
  message[at + 1] = value >> 16;
  message[at + 2] = value >> 8;
  message[at + 3] = value;
}

/** A value as the server reads it. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value)) {
    // The package would make JSON, bytes or a time of it, and this nonsense.
    if (typeof value === "object") throw new TypeError("an object is no value of a statement");
    return String(value);
  }
  const items = value.map((each) => {
    const text = textOf(each);
    return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${items.join(",")}}`;
}
