/**
 * The place that a URL names, with the password for it. A password goes only to a host that the environment
 * names or that the user trusts: a URL on a command line may have been written by a page that an agent read.
 */
import { type Place, placeOf, withRoots } from "../../adapters/postgres/place.ts";
import { hasPassword, NO_PASSWORD } from "../../domain/input/store_url.ts";
import { CoordError } from "../../domain/errors.ts";
import { type Host, HostError } from "../../ports/host.ts";
import { absolute } from "../../adapters/fs/find.ts";
import type { ChosenStore } from "./locate.ts";
import { isTrusted } from "./trust.ts";

/**
 * The place, as far as the URL says it.
 *
 * @throws {CoordError} `bad_args` for what is no URL of a store, or has a password for all to read.
 */
export function shownPlace({ url, by }: ChosenStore): Place {
  if (by === "config" && hasPassword(url)) {
    throw new CoordError("bad_args", `Cannot use the store: store in coord.json ${NO_PASSWORD}`);
  }
  return placeOf(url);
}

/** @throws {CoordError} `bad_args` for what is no URL of a store, or is not to be used. */
export function placeFor(host: Host, chosen: ChosenStore): Place {
  const { url, by } = chosen;
  const text = (path: string) => {
    const bytes = host.fs.read(path);
    return bytes && new TextDecoder().decode(bytes);
  };
  const place = withRoots(shownPlace(chosen), text);
  if (by === "config") {
    if (!isTrusted(host, url)) {
      throw new CoordError(
        "bad_args",
        `Cannot use the store ${
          JSON.stringify(place.location)
        }: coord.json names it, and you have ` +
          'not said that you trust it: run "coord store trust", or use --store files',
        { reason: "untrusted", location: place.location },
      );
    }
  }
  if (place.password !== undefined) return place;
  // Of each server that it names the file says which password is its.
  const listed = listedPassword(host, place);
  const password = passwordFor(host, place);
  if (password === undefined) return { ...place, password: listed };
  const mayHave = by !== "store" || isNamed(host, place) || isTrusted(host, url);
  if (mayHave) return { ...place, password };
  return listed === undefined
    ? { ...place, isPasswordWithheld: true }
    : { ...place, password: listed };
}

/** What `$COORD_STORE` says of a server, if it names this one. */
function placeInEnvironment(host: Host, { host: name, port }: Place): Place | undefined {
  try {
    const named = placeOf(host.env("COORD_STORE") ?? "");
    return named.host === name && named.port === port ? named : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the environment names this server. */
function isNamed(host: Host, place: Place): boolean {
  if (placeInEnvironment(host, place) !== undefined) return true;
  const port = host.env("PGPORT") || "5432";
  return host.env("PGHOST") === place.host && port === String(place.port);
}

function passwordFor(host: Host, place: Place): string | undefined {
  const own = placeInEnvironment(host, place);
  if (own?.user === place.user && own.password !== undefined) return own.password;
  const given = host.env("COORD_STORE_PASSWORD") || undefined;
  if (given !== undefined) return given;
  const file = host.env("COORD_STORE_PASSWORD_FILE") || undefined;
  return file === undefined ? host.env("PGPASSWORD") || undefined : passwordIn(host, file);
}

/** What the user's `.pgpass` says of a server: a line `HOST:PORT:DATABASE:USER:PASSWORD`, or `*` for any. */
function listedPassword({ env, fs, os }: Host, place: Place): string | undefined {
  const home = env("HOME") || env("USERPROFILE") || undefined;
  const path = env("PGPASSFILE") || (home && `${home}/.pgpass`) || undefined;
  const stat = path === undefined ? undefined : fs.stat(path);
  // As libpq does: what others may read is no secret.
  if (path === undefined || stat?.kind !== "file") return undefined;
  if (os !== "windows" && ((stat.mode ?? 0) & 0o077) !== 0) return undefined;
  const { host, port, database, user } = place;
  const wanted = [host.startsWith("/") ? "localhost" : host, String(port), database, user];
  for (const line of new TextDecoder().decode(fs.read(path)).split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)]
      .map(([, field = ""]) => field.replaceAll(/\\(.)/g, "$1"));
    const isMeant = wanted.every((part, at) => fields[at] === "*" || fields[at] === part);
    if (isMeant && fields[4]) return fields[4];
  }
  return undefined;
}

/** The first line of a file. */
function passwordIn(host: Host, file: string): string {
  const path = absolute(host, file, "find $COORD_STORE_PASSWORD_FILE");
  const bytes = host.fs.read(path);
  if (bytes === undefined) throw new HostError("not_found", "read", path);
  const [line = ""] = new TextDecoder().decode(bytes).split(/\r?\n/);
  if (line !== "") return line;
  throw new CoordError("bad_args", `Cannot use the store: ${JSON.stringify(path)} is empty`);
}
