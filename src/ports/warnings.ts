/** Where a store reports what it skips: a sentence that names the file and the reason. */
export type Warn = (message: string) => void;

/** What a listing could not read, for a caller that must not take it for absent. */
export type OnUnread = (error: Error) => void;
