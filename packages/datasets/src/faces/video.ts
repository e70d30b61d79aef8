/** Everything that is drawn once per video: light, camera, background and motion, with the last few videos kept at hand. */
import { stream } from "@roga/tensor-utils/random";
import { Background } from "./background.js";
import { drawLightRig, type LightRig } from "./lighting.js";
import { drawMotion, type FrameState } from "./motion.js";
import type { Person } from "./person.js";
import { skinReflectance } from "./pigments.js";
import { drawSensor, type Sensor } from "./sensor.js";

/** What is drawn once per video. */
export interface Video {
  readonly rig: LightRig;
  readonly sensor: Sensor;
  readonly background: Background;
  readonly motion: (frame: number) => FrameState;
  readonly distance: number;
}

const KEPT = 4;
const videos = new Map<string, Video>();

/** A video of a person; the same inputs always give an equal video. */
export function videoOf(seed: number, identity: number | string, video: number | string, person: Person): Video {
  const key = JSON.stringify([seed, identity, video]);
  let found = videos.get(key);
  if (found) {
    videos.delete(key);
  } else {
    const random = stream(seed, "faces", "video", identity, video);
    const reflectance = new Float64Array(3);
    skinReflectance(person.identity.skin.melanin, person.identity.skin.haemoglobin, reflectance);
    const rig = drawLightRig(random.child("light"));
    found = {
      rig,
      sensor: drawSensor(random.child("sensor"), reflectance[1]!),
      background: new Background(random.child("background"), rig),
      motion: drawMotion(random.child("motion")),
      distance: random.child("distance").uniform(620, 1500),
    };
    if (videos.size >= KEPT) videos.delete(videos.keys().next().value!);
  }
  videos.set(key, found);
  return found;
}
