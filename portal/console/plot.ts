/** Draws the queue's figures. Loaded on demand: only this file knows the charts' library. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type Figure, figures, type Point, spanOf } from "./queue-history.ts";

/** Told apart by their dashes, too, as in console.scss: not everybody sees the colours, and forced colours have none. */
const lines: Readonly<Record<Figure, { colour: string; dash: number[] }>> = {
  running: { colour: "#005eb8", dash: [] },
  starting: { colour: "#007f3b", dash: [10, 5] },
  waiting: { colour: "#d5281b", dash: [2, 4] },
};

const height = 220;
const wholeNumbers = [1, 2, 5]
  .flatMap((digit) => [0, 1, 2, 3, 4].map((power) => digit * 10 ** power))
  .sort((a, b) => a - b);
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export interface Plot {
  show(points: readonly Point[]): void;
  end(): void;
}

/** Draws into this element, as wide as that is. Without animation, and without a cursor to follow. */
export function plotIn(element: HTMLElement): Plot {
  let points: readonly Point[] = [];
  let chart: uPlot | undefined;
  const forced = matchMedia("(forced-colors: active)");

  function draw(): void {
    chart?.destroy();
    // A canvas knows nothing of forced colours. The text's colour is right in any case.
    const { color, fontFamily } = getComputedStyle(element);
    const axis = { stroke: color, font: `14px ${fontFamily}`, ticks: { stroke: color, width: 1 } };
    const grid = { stroke: color, width: 0.2 };
    chart = new uPlot(
      {
        width: Math.max(element.clientWidth, 1),
        height,
        // The last time's words reach beyond the last point.
        padding: [16, 40, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          // Of its own accord it would show a whole day for a single point.
          x: { range: () => spanOf(points, Date.now()).map((at) => at / 1_000) as [number, number] },
          y: { range: (_, _least, most) => [0, Math.max(most * 1.1, 1)] },
        },
        axes: [
          { ...axis, grid, space: 90, values: (_, times) => times.map((time) => clock.format(time * 1_000)) },
          { ...axis, grid, incrs: wholeNumbers, size: 60 },
        ],
        series: [
          {},
          ...figures.map((figure) => ({
            ...{ label: figure, width: 2, dash: lines[figure].dash },
            stroke: forced.matches ? color : lines[figure].colour,
          })),
        ],
      },
      alignedOf(points),
      element,
    );
  }

  const resized = new ResizeObserver(() => chart?.setSize({ width: Math.max(element.clientWidth, 1), height }));
  draw();
  resized.observe(element);
  forced.addEventListener("change", draw);
  return {
    show(now) {
      points = now;
      chart?.setData(alignedOf(points));
    },
    end() {
      resized.disconnect();
      forced.removeEventListener("change", draw);
      chart?.destroy();
    },
  };
}

function alignedOf(points: readonly Point[]): uPlot.AlignedData {
  return [points.map(({ at }) => at / 1_000), ...figures.map((figure) => points.map((point) => point[figure]))];
}
