import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Makes a call with a method or headers that fetch does not allow. */
export async function callRaw(url: string, method: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
  const sent = request(url, { method, headers });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  response.setEncoding("utf8").on("data", (more: string) => (text += more));
  await once(response, "end");
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** Sends a message byte for byte and returns everything received until the server closes. */
export async function exchange(port: number, message: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (more: string) => (answer += more));
  socket.write(message);
  await once(socket, "close");
  return answer;
}

/** Returns the status of the last answer in what `exchange` returned: 100 Continue comes before it. */
export function lastStatus(answer: string): number {
  return Number([...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].at(-1)?.[1] ?? 0);
}

/** Returns the JSON in the last answer in what `exchange` returned. */
export function jsonIn(answer: string): unknown {
  return JSON.parse(/\r\n\r\n[^{]*(\{.*\})\s*[^}]*$/s.exec(answer)?.[1] ?? "null");
}
