/**
 * Time for one forgery of each family, for the landmark fit and for the common degradation, on the built package:
 *
 *     node bench/forgery.mjs [size = 128] [repetitions = 60]
 *
 * Prints the median and the fastest processor time in milliseconds, after a warm-up of as many repetitions.
 */
import { commonDegradation, fitLandmarks, forge, forgeryFamilies, renderFace } from "@roga/datasets";
import { stream } from "@roga/tensor-utils/random";

const size = Number(process.argv[2] ?? 128);
const repetitions = Number(process.argv[3] ?? 60);
const { image: face } = renderFace({ seed: 1, identity: 0, frame: 0, size });
const { image: donor } = renderFace({ seed: 1, identity: 1, frame: 0, size });

function measure(name, run) {
  for (let i = 0; i < repetitions; i++) run(i);
  const times = Array.from({ length: repetitions }, (_, i) => {
    const start = process.cpuUsage();
    run(repetitions + i);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  }).sort((a, b) => a - b);
  const median = times[times.length >> 1];
  console.log(`${name.padEnd(18)} ${median.toFixed(1).padStart(7)} ${times[0].toFixed(1).padStart(7)}`);
}

console.log(`${`${size} px`.padEnd(18)}  median    best   (ms)`);
for (const family of forgeryFamilies)
  measure(family, (i) => forge(family, face, { donor, stream: stream(i, "bench") }));
measure("fitLandmarks", () => fitLandmarks(face));
measure("commonDegradation", (i) => commonDegradation(face, stream(i, "bench")));
