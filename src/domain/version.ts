/** The version of coord, in every answer and event. */
export const VERSION = "0.1.0";
