/** A debugger attached to a Node process, by the Chrome DevTools protocol. */
export interface Debugger {
  call<Result>(method: string, parameters?: object): Promise<Result>;
  /** Resolves with the next event of that name. */
  next<Event>(method: string): Promise<Event>;
  close(): void;
}

interface Message {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string };
}

/** Attaches to the address that Node prints with `--inspect`. */
export async function attach(address: string): Promise<Debugger> {
  const socket = new WebSocket(address);
  const listeners = new Set<(message: Message) => void>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    for (const listener of listeners) listener(message);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", () => {
      reject(new Error(`attach to ${address}: it does not answer`));
    });
  });
  const first = <Found>(matches: (message: Message) => boolean, read: (message: Message) => unknown): Promise<Found> =>
    new Promise((resolve, reject) => {
      const listener = (message: Message) => {
        if (!matches(message)) return;
        listeners.delete(listener);
        if (message.error) reject(new Error(message.error.message));
        else resolve(read(message) as Found);
      };
      listeners.add(listener);
    });
  let last = 0;
  const call = <Result>(method: string, params: object = {}): Promise<Result> => {
    const id = (last += 1);
    const answer = first<Result>(
      (message) => message.id === id,
      ({ result }) => result,
    );
    socket.send(JSON.stringify({ id, method, params }));
    return answer;
  };
  await call("Debugger.enable");
  return {
    call,
    next: (method) =>
      first(
        (message) => message.method === method,
        ({ params }) => params,
      ),
    close() {
      socket.close();
    },
  };
}
