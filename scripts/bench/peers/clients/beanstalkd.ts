/** beanstalkd's protocol: commands in lines, answers in lines, bodies with their length. */
import { type Connect, PAYLOAD, repeat } from "./client.ts";

/** Seconds after which a task that is not completed goes to another worker. */
const TTR = 300;

export const connect: Connect = async ({ socket = "" }) => {
  const connection = await Deno.connect({ transport: "unix", path: socket });
  const body = JSON.stringify(PAYLOAD);
  const put = `put 0 0 ${TTR} ${body.length}\r\n${body}\r\n`;
  const buffer = new Uint8Array(64 * 1024);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let rest = "";

  async function line(): Promise<string> {
    let end;
    while ((end = rest.indexOf("\r\n")) < 0) {
      const size = await connection.read(buffer);
      if (size === null) throw new Error("beanstalkd closed the connection");
      rest += decoder.decode(buffer.subarray(0, size));
    }
    const text = rest.slice(0, end);
    rest = rest.slice(end + 2);
    return text;
  }

  async function send(text: string): Promise<void> {
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  }

  async function ask(command: string, expected: RegExp): Promise<string> {
    await send(command);
    const answer = await line();
    if (!expected.test(answer)) throw new Error(`beanstalkd answered ${answer}`);
    return answer;
  }

  return {
    enqueue: () => ask(put, /^INSERTED/),
    async fill(count) {
      for (let left = count; left > 0; left -= 100) {
        const size = Math.min(left, 100);
        await send(put.repeat(size));
        for (let i = 0; i < size; i++) await line();
      }
    },
    work: (until) =>
      repeat(async () => {
        const reserved = await ask("reserve-with-timeout 0\r\n", /^(?:RESERVED|TIMED_OUT)/);
        if (reserved === "TIMED_OUT") return false;
        await line(); // the body
        await ask(`delete ${reserved.split(" ")[1]}\r\n`, /^DELETED/);
      }, until),
    close: () => connection.close(),
  };
};
