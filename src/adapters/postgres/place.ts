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
  /** There is one, and this server is not to have it. */
  readonly isPasswordWithheld?: true;
  readonly database: string;
  readonly space: string;
  /** Whether the server must prove who it is, where the connection is encrypted at all. */
  readonly tls: "none" | "unverified" | "verified";
  /** The file of the certificates that the server's has to come from; without, those of this machine. */
  readonly rootsFile?: string;
  /** What that file says, once it was read. */
  readonly roots?: string;
  /** For people, and one for each space; without secrets. */
  readonly location: string;
}

const PARAMETERS = ["space", "host", "sslmode", "sslrootcert"];
const SPACE = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;
const TLS: Readonly<Record<string, Place["tls"]>> = {
  disable: "none",
  require: "unverified",
  "verify-full": "verified",
};

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?space=NAME`, where `host=FOLDER` among the parameters
 * names the folder of a socket, and `sslmode` is `disable`, `require` or `verify-full`: the default, except
 * where no network is between. `sslrootcert` names the file of the certificates that the server's has to
 * come from, and goes with `verify-full`.
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
  const rootsFile = said.get("sslrootcert") ?? undefined;
  const isPlain = isNear(host) && rootsFile === undefined;
  const tls = mode === null ? isPlain ? "none" : "verified" : TLS[mode];
  if (rootsFile !== undefined && !rootsFile.startsWith("/")) {
    throw misplaced("sslrootcert is no absolute path");
  }
  if (rootsFile !== undefined && tls !== "verified") {
    throw misplaced("sslrootcert goes with sslmode=verify-full alone");
  }
  if (tls === undefined) throw misplaced(`there is no sslmode ${quoted(mode ?? "", 40)}`);
  const user = decodeURIComponent(url.username);
  if (user === "") throw misplaced("it names no user");
  const port = url.port === "" ? 5432 : Number(url.port);
  const database = decodeURIComponent(url.pathname.slice(1)) || user;
  const password = url.password === "" ? undefined : decodeURIComponent(url.password);
  const location = host.startsWith("/")
    ? `postgres:///${database}?host=${host}&port=${port}&space=${space}`
    : `postgres://${host}:${port}/${database}?space=${space}`;
  const place = { host, port, user, password, database, space, tls, location };
  return rootsFile === undefined ? place : { ...place, rootsFile };
}

/**
 * A place with what its `sslrootcert` says.
 *
 * @param read The text of a file; `undefined` where there is none.
 * @throws {CoordError} `bad_args` where it is no certificate.
 */
export function withRoots(place: Place, read: (path: string) => string | undefined): Place {
  const { rootsFile } = place;
  if (rootsFile === undefined) return place;
  const roots = read(rootsFile);
  if (roots?.includes("-----BEGIN CERTIFICATE-----") === true) return { ...place, roots };
  const what = roots === undefined ? "is not there" : "has no certificate";
  throw misplaced(`the file of sslrootcert, ${quoted(rootsFile, 200)}, ${what}`);
}

/** How the connection is encrypted, as the client takes it. */
export function tlsOf({ tls, roots }: Place) {
  if (tls === "none") return false;
  return { rejectUnauthorized: tls === "verified", ...(roots !== undefined && { ca: roots }) };
}

/** Whether no network is between: a socket, or the same machine. */
function isNear(host: string): boolean {
  return host.startsWith("/") || host === "localhost" || host === "::1" || /^127\./.test(host);
}

function misplaced(why: string): CoordError {
  return new CoordError("bad_args", `Cannot use the store: ${why}`);
}
