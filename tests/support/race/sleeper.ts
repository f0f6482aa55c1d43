/** Lives for so many seconds. */
import process from "node:process";

setTimeout(() => {}, Number(process.argv[2]) * 1000);
