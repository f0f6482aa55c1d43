import * as width from "jsr:@std/cli@^1.0/unicode-width";

const typed: { unicodeWidth(text: string): number } = width;
export const unicodeWidth = typed.unicodeWidth;
