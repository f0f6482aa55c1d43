/** How the system's shell is started with a command line. */
export function shellWords(isWindows: boolean, command: string): [string, ...string[]] {
  return isWindows ? ["cmd.exe", "/d", "/s", "/c", command] : ["/bin/sh", "-c", command];
}
