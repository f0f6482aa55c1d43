/** Where a store reports what it passes over: a sentence that names the file and the reason. */
export type Warn = (message: string) => void;
