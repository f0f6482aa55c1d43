/**
 * A file system in an image, whose power can be cut: a copy of the image, taken while it is in use, has
 * what the system had sent to the disk by then and nothing of what it still held in memory.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { IMAGES } from "../../../scripts/support/mounts.ts";
import { programPath } from "../program/programs.ts";
import { isRoot } from "../scene/scratch.ts";

/** How an image of each kind is made, and mounted so that it writes nothing by itself for long. */
const KINDS = {
  ext4: { ...IMAGES.ext4, options: "commit=300" },
  xfs: { ...IMAGES.xfs, options: "" },
  btrfs: { ...IMAGES.btrfs, options: "commit=300" },
} as const;

export type ImageKind = keyof typeof KINDS;

export const IMAGE_KINDS = Object.keys(KINDS) as ImageKind[];

/** The program that makes an image of a kind. */
export function makerOf(kind: ImageKind): string {
  return KINDS[kind].make[0];
}

/** Whether images can be mounted here. */
export function canMount(): boolean {
  return isRoot() && existsSync("/dev/loop-control") && programPath("losetup") !== undefined;
}

/** An image in a folder, mounted at `mount`. */
export class DiskImage implements Disposable {
  readonly mount: string;
  readonly #image: string;
  #isMounted = false;

  constructor(readonly kind: ImageKind, readonly folder: string) {
    this.mount = `${folder}/mount`;
    this.#image = `${folder}/disk.img`;
    mkdirSync(this.mount, { recursive: true });
    const { make: [program, ...flags], size } = KINDS[kind];
    execFileSync("truncate", ["-s", `${size}M`, this.#image]);
    execFileSync(program, [...flags, this.#image], { stdio: "pipe" });
    this.#attach();
  }

  /** Everything that is in memory goes to the disk. */
  sync(): void {
    execFileSync("sync", ["-f", this.mount]);
  }

  /** The power goes and comes back. */
  cut(): void {
    const kept = `${this.#image}.kept`;
    execFileSync("cp", ["--sparse=always", this.#image, kept]);
    this.#detach();
    copyFileSync(kept, this.#image);
    rmSync(kept);
    this.#attach();
  }

  [Symbol.dispose](): void {
    this.#detach();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #attach(): void {
    const { options } = KINDS[this.kind];
    const flags = ["loop", ...(options === "" ? [] : [options])].join();
    execFileSync("mount", ["-t", this.kind, "-o", flags, this.#image, this.mount], {
      stdio: "pipe",
    });
    this.#isMounted = true;
  }

  #detach(): void {
    if (this.#isMounted) execFileSync("umount", [this.mount], { stdio: "pipe" });
    this.#isMounted = false;
  }
}
