/** Checksums of what was built. */

/**
 * Writes `SHA256SUMS` for every executable in a folder, as `sha256sum --check` reads it.
 *
 * @returns Its path.
 */
export async function writeSums(folder: string): Promise<string> {
  const names = [...Deno.readDirSync(folder)]
    .filter(({ name, isFile }) => isFile && name.startsWith("coord-"))
    .map(({ name }) => name).sort();
  let sums = "";
  for (const name of names) {
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`${folder}/${name}`));
    sums += `${new Uint8Array(digest).toHex()}  ${name}\n`;
  }
  const path = `${folder}/SHA256SUMS`;
  await Deno.writeTextFile(`${path}.new`, sums);
  await Deno.rename(`${path}.new`, path); // whole, or not there
  return path;
}
