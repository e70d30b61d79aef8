/** A contact sheet: one row of test images per domain, the same identities in every row, so that a person can look at the data. */
import { REAL_DOMAIN, type Sample } from "@roga/datasets";
import sharp from "sharp";

const TILE = 96;
const COLUMNS = 10;
const LABEL_WIDTH = 130;
const GAP = 2;

/** Writes the sheet as PNG: reals first, then every forgery domain of the test split. */
export async function writeContactSheet(path: string, samples: readonly Sample[]): Promise<void> {
  const shown = samples.filter(({ split }) => split === "test");
  const domains = [...new Set(shown.map(({ domain }) => domain))];
  const rows = [REAL_DOMAIN, ...domains.filter((domain) => domain !== REAL_DOMAIN)].map((domain) => {
    const images = onePerIdentity(shown.filter((sample) => sample.domain === domain));
    return { domain, images: images.slice(0, COLUMNS) };
  });

  const width = LABEL_WIDTH + COLUMNS * (TILE + GAP);
  const height = rows.length * (TILE + GAP);
  const labels = rows.map(
    ({ domain }, row) =>
      `<text x="${LABEL_WIDTH - 8}" y="${row * (TILE + GAP) + TILE / 2 + 5}" text-anchor="end">${escapeXml(domain)}</text>`,
  );
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="14">${labels.join("")}</svg>`;
  const tiles = await Promise.all(
    rows.flatMap(({ images }, row) =>
      images.map(async (sample, column) => ({
        input: await sharp(sample.path).resize(TILE, TILE, { kernel: "lanczos3" }).png().toBuffer(),
        left: LABEL_WIDTH + column * (TILE + GAP),
        top: row * (TILE + GAP),
      })),
    ),
  );
  await sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite([{ input: Buffer.from(text), left: 0, top: 0 }, ...tiles])
    .png()
    .toFile(path);
}

function onePerIdentity(samples: readonly Sample[]): Sample[] {
  const first = new Map<string, Sample>();
  for (const sample of samples) if (!first.has(sample.identity)) first.set(sample.identity, sample);
  return [...first.values()].sort((a, b) => (a.identity < b.identity ? -1 : 1));
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
