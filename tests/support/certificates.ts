/** Certificates of the tests' own, by openssl. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { makeTempDir } from "./scene/scratch.ts";

export function readText(path: string): string {
  return readFileSync(path, "utf8");
}

/** Two authorities, and a certificate of the first one for `localhost` alone. */
export function certificates() {
  const dir = makeTempDir();
  const openssl = (text: string) =>
    execFileSync("openssl", text.split(" "), { cwd: dir, stdio: "pipe" });
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30";
  for (const name of ["right", "wrong"]) {
    openssl(`req -x509 ${key} -keyout ${name}.key -out ${name}.crt -subj /CN=${name}`);
  }
  const names = "-addext subjectAltName=DNS:localhost";
  openssl(`req ${key} -keyout server.key -out server.csr -subj /CN=localhost ${names}`);
  const by = "-CA right.crt -CAkey right.key -CAcreateserial -days 30 -copy_extensions copy";
  openssl(`x509 -req -in server.csr ${by} -out server.crt`);
  const read = (name: string) => readText(`${dir}/${name}`);
  const files = { "server.crt": read("server.crt"), "server.key": read("server.key") };
  return { files, right: `${dir}/right.crt`, wrong: `${dir}/wrong.crt` };
}
