import type { Beat } from "./main-job.ts";

/** The output of a start: a progress bar on a terminal, plain lines elsewhere. */
export interface Terminal {
  line: (text?: string) => void;
  /** A part that has started, with its details. */
  started: (what: string, detail: string) => void;
  beat: (beat: Beat) => void;
  /** Ends the progress bar, if there is one. */
  settle: () => void;
}

const barWidth = 24;

export function terminalOn(stream: NodeJS.WriteStream): Terminal {
  let bar = false;
  const clear = () => {
    if (bar) stream.write("\r\u001B[2K");
    bar = false;
  };
  const line = (text = "") => {
    clear();
    stream.write(`${text}\n`);
  };
  return {
    line,
    started(what, detail) {
      line(`  ${what.padEnd(18)} ${detail}`);
    },
    beat({ step, number, of, message }) {
      const words = message === undefined ? step : `${step}: ${message}`;
      if (!stream.isTTY) {
        line(`  [${String(number).padStart(2)}/${of}] ${words}`);
        return;
      }
      const filled = Math.round((number / of) * barWidth);
      const room = Math.max(10, stream.columns - barWidth - 14);
      clear();
      stream.write(
        `  ${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${String(number).padStart(2)}/${of} ${words.slice(0, room)}`,
      );
      bar = true;
    },
    settle() {
      if (bar) stream.write("\n");
      bar = false;
    },
  };
}
