/**
 * Progress on standard error: bars on a terminal; elsewhere a line now and then, so that logs stay short.
 */
import cliProgress from "cli-progress";

/** One line of progress. */
interface ProgressLine {
  update(done: number, note: string, secondsLeft: number | null): void;
  end(note: string): void;
}

/** Several lines of progress that are shown together; `stop` before anything else is printed. */
export interface ProgressBoard {
  line(title: string, total: number): ProgressLine;
  stop(): void;
}

const QUIET_SECONDS = 15;

export function progressBoard(stream: NodeJS.WriteStream = process.stderr): ProgressBoard {
  return stream.isTTY ? terminalBoard(stream) : logBoard(stream);
}

function terminalBoard(stream: NodeJS.WriteStream): ProgressBoard {
  const bars = new cliProgress.MultiBar(
    {
      format: "{title} {bar} {percentage}% {left} {note}",
      stream,
      hideCursor: true,
      barsize: 24,
      autopadding: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  return {
    line(title, total) {
      const bar = bars.create(total, 0, { title: title.padEnd(12), left: "", note: "" });
      return {
        update: (done, note, secondsLeft) => bar.update(done, { note, left: timeLeft(secondsLeft) }),
        end: (note) => {
          bar.update(bar.getTotal(), { note, left: "" });
        },
      };
    },
    stop: () => bars.stop(),
  };
}

function logBoard(stream: NodeJS.WriteStream): ProgressBoard {
  return {
    line(title, total) {
      let last = 0;
      return {
        update(done, note, secondsLeft) {
          const now = performance.now();
          if (now - last < QUIET_SECONDS * 1000) return;
          last = now;
          stream.write(`${title}: ${Math.floor((100 * done) / total)}% ${timeLeft(secondsLeft)} ${note}\n`);
        },
        end: (note) => void stream.write(`${title}: ${note}\n`),
      };
    },
    stop() {},
  };
}

/** "12 s left", "3 min 05 s left", or nothing while unknown. */
function timeLeft(seconds: number | null): string {
  return seconds === null || !Number.isFinite(seconds) ? "" : `${duration(seconds)} left`;
}

/** "12 s", "3 min 05 s", "2 h 10 min". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}
