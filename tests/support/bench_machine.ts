/** A machine that ran a bench, as its results say. */
export const MACHINE = {
  coord: "0.1.0",
  deno: "2.9.6",
  cpu: "Some CPU",
  cores: 2,
  memory_gb: 25,
  system: "linux 6.1 x86_64",
  file_system: "ext4",
  load: 0.2,
} as const;
