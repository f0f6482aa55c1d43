/**
 * Who may ask the server: a program that knows the token, and a page only if it is the server's own. A
 * page of another site does not know the token. A name that its owner has made to mean this machine (DNS
 * rebinding) stands in `Host`.
 */
import type { HttpRequest } from "../host/people/http.ts";

/** The header with the token. */
const TOKEN_HEADER = "x-coord-token";

/** Bytes of a token: 256 bits. */
const TOKEN_BYTES = 32;

/** The port that browsers leave out of an address. */
const HTTP_PORT = 80;

/** A new random token, in characters that an address takes as they are. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}

/** What a request says, once it has passed. */
export interface Passed {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Reads a request; `undefined` where it must be refused without a word. */
export function passed(
  { target, method, values }: Pick<HttpRequest, "target" | "method" | "values">,
  { port, token }: { readonly port: number; readonly token: string },
): Passed | undefined {
  const [host, ...hosts] = values("host");
  if (host === undefined || hosts.length > 0 || !isOwnHost(host, port)) return undefined;
  const origins = values("origin");
  const isRead = method === "GET";
  if (!isRead && origins.length !== 1) return undefined;
  if (origins.some((origin) => origin !== `http://${host.toLowerCase()}`)) return undefined;
  const [path = "", search = ""] = target.split("?", 2);
  const query = new URLSearchParams(search);
  const tokens = [...values(TOKEN_HEADER), ...isRead ? query.getAll("token") : []];
  const [given] = tokens;
  if (given === undefined || tokens.length > 1 || !isSame(given, token)) return undefined;
  return { path, query };
}

function isOwnHost(host: string, port: number): boolean {
  const names = ["127.0.0.1", "localhost", "[::1]"];
  const isOwn = (name: string) =>
    host.toLowerCase() === `${name}:${port}` ||
    port === HTTP_PORT && host.toLowerCase() === name;
  return names.some(isOwn);
}

/** Compares in a time that does not depend on where the two differ. */
function isSame(given: string, token: string): boolean {
  let difference = given.length ^ token.length;
  for (let at = 0; at < token.length; at++) {
    difference |= (given.charCodeAt(at) || 0) ^ token.charCodeAt(at);
  }
  return difference === 0;
}
