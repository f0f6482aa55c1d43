/** A server that cannot prove who it is gets nothing, and the error says why. */
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { type Place, placeOf, withRoots } from "../../../src/adapters/postgres/place.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { closeOpened, itThere, opened } from "../../support/postgres.ts";
import { certificates, readText } from "../../support/certificates.ts";
import { ownServer } from "../../support/postgres_own.ts";

afterEach(closeOpened);

/** Milliseconds in which each error has to come. */
const LIMIT_MS = 5_000;

/** What comes of a connection: whether it is encrypted, or why there is none. */
async function outcomeOf(place: Place): Promise<string> {
  const connection = opened(new Connection(place));
  const began = performance.now();
  try {
    const [row] = await connection.read(
      "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    );
    return row?.["ssl"] === true ? "encrypted" : "plain";
  } catch (error) {
    if (!(error instanceof CoordError)) throw error;
    const took = performance.now() - began;
    assert_(took < LIMIT_MS, `it took ${took} ms`);
    assertEquals([error.code, error.details["effect"]], ["io_error", "none"]);
    return `${error.details["reason"]}: ${error.message.replace(/^.*?": /, "")}`;
  }
}

itThere("a connection is made only to a server that proves who it is", async () => {
  const { files, right, wrong } = certificates();
  const settings = ["ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key"];
  const server = opened(await ownServer({ listen: "127.0.0.1", settings, files }));
  const plain = opened(await ownServer({ listen: "127.0.0.1" }));
  const to = (port: number, host: string, more: string) => {
    const place = placeOf(`postgres://coord@${host}:${port}/postgres?space=x${more}`);
    return outcomeOf(withRoots(place, readText));
  };
  const rooted = (path: string) => `&sslrootcert=${path}`;
  const none =
    "tls: the server's certificate comes from none that is trusted (UNABLE_TO_VERIFY_LEAF" +
    "_SIGNATURE): name the file of its authority by sslrootcert";
  assertEquals(await to(server.port, "localhost", rooted(right)), "encrypted");
  assertEquals(await to(server.port, "localhost", rooted(wrong)), none);
  assertEquals(await to(server.port, "localhost", "&sslmode=verify-full"), none);
  assertEquals(
    await to(server.port, "127.0.0.1", rooted(right)),
    "tls: the server's certificate is for another host name",
  );
  assertEquals(await to(server.port, "127.0.0.1", "&sslmode=require"), "encrypted");
  assertEquals(await to(server.port, "127.0.0.1", "&sslmode=disable"), "plain");
  assertEquals(
    await to(plain.port, "localhost", rooted(right)),
    "tls: the server does not encrypt connections, which sslmode asks for",
  );
});
