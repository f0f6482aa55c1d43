/** Where a store reports what it skips: a sentence that names the file and the reason. */
export type Warn = (message: string) => void;
