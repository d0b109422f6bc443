/** How long something that is open stays so without being used. */
const idleMilliseconds = 60_000;

/** Something that is opened at its first use, and closed when it was not used for a while. A process can end meanwhile. */
export interface WhileUsed {
  use(): void;
  close(): void;
}

export function whileUsed(open: () => { close(): void }): WhileUsed {
  let opened: { close(): void } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const close = () => {
    clearTimeout(timer);
    opened?.close();
    opened = undefined;
  };
  return {
    use() {
      opened ??= open();
      clearTimeout(timer);
      timer = setTimeout(close, idleMilliseconds);
      timer.unref();
    },
    close,
  };
}
