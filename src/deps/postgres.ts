/** The client of PostgreSQL: one connection, with no pool and no reconnecting of its own. */
import Client from "npm:pg@^8.23/lib/client.js";

export interface PostgresResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number | null;
}

/** One connection. What is used of it. */
export interface PostgresClient {
  connect(): Promise<unknown>;
  query(text: string, values?: readonly unknown[]): Promise<PostgresResult>;
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
  readonly password?: string | undefined;
  readonly ssl: false | { readonly rejectUnauthorized: boolean };
  readonly application_name: string;
  readonly connectionTimeoutMillis: number;
  readonly query_timeout: number;
  readonly keepAlive: boolean;
}

const Typed: new (config: PostgresConfig) => PostgresClient = Client;

export { Typed as Client };
