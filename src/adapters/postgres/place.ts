/** Where a store is: a server, a data base, and in it a space that keeps projects apart. */
import { CoordError } from "../../domain/errors.ts";
import { quoted } from "../../domain/text.ts";

/** What a URL says, taken apart: no secret is in what is shown. */
export interface Place {
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly space: string;
  /** Whether the server must prove who it is, where the connection is encrypted at all. */
  readonly tls: "none" | "unverified" | "verified";
  /** For people, and one for each space; without secrets. */
  readonly location: string;
}

const PARAMETERS = ["space", "host", "sslmode"];
const SPACE = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;
const TLS: Readonly<Record<string, Place["tls"]>> = {
  disable: "none",
  require: "unverified",
  "verify-full": "verified",
};

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?space=NAME`, where `host=FOLDER` among the parameters
 * names the folder of a socket, and `sslmode` is `disable`, `require` or `verify-full`: the default, except
 * where no network is between.
 *
 * @throws {CoordError} `bad_args` for all else; the message repeats nothing that may be a secret.
 */
export function placeOf(text: string): Place {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw misplaced("it is no postgres:// URL");
  }
  const { searchParams: said } = url;
  for (const name of said.keys()) {
    if (!PARAMETERS.includes(name)) throw misplaced(`there is no parameter ${quoted(name, 40)}`);
  }
  const space = said.get("space") ?? "";
  if (space === "") throw misplaced("it names no space, such as ?space=acme/api");
  if (space.length > 200 || !SPACE.test(space)) {
    throw misplaced("the space has other characters than letters, digits, and . _ - /");
  }
  const host = said.get("host") ?? decodeURIComponent(url.hostname).replace(/^\[|\]$/g, "");
  if (host === "") throw misplaced("it names no host");
  const mode = said.get("sslmode");
  const tls = mode === null ? isNear(host) ? "none" : "verified" : TLS[mode];
  if (tls === undefined) throw misplaced(`there is no sslmode ${quoted(mode ?? "", 40)}`);
  const user = decodeURIComponent(url.username);
  if (user === "") throw misplaced("it names no user");
  const port = url.port === "" ? 5432 : Number(url.port);
  const database = decodeURIComponent(url.pathname.slice(1)) || user;
  const password = url.password === "" ? undefined : decodeURIComponent(url.password);
  const location = host.startsWith("/")
    ? `postgres:///${database}?host=${host}&port=${port}&space=${space}`
    : `postgres://${host}:${port}/${database}?space=${space}`;
  return { host, port, user, password, database, space, tls, location };
}

/** Whether no network is between: a socket, or the same machine. */
function isNear(host: string): boolean {
  return host.startsWith("/") || host === "localhost" || host === "::1" || /^127\./.test(host);
}

function misplaced(why: string): CoordError {
  return new CoordError("bad_args", `Cannot use the store: ${why}`);
}
