/** The client of PostgreSQL: one connection, with no pool and no reconnecting of its own. */
import Client from "npm:pg@^8.23/lib/client.js";

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
  on(event: "end", body: () => void): unknown;
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
  readonly query_timeout: number;
  readonly keepAlive: boolean;
  /** Whether a statement is sent before those ahead of it are answered; each is still one of its own. */
  readonly pipeline: boolean;
}

const Typed: new (config: PostgresConfig) => PostgresClient = Client;

export { Typed as Client };
