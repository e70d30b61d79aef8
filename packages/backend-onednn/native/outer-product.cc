// aᵀ · b as a sum of outer products: row p of a times row p of b is added to the whole result. oneDNN's matrix product
// transposes a first; here a tile of the result stays in registers while p runs, for which the rows are in the right order
// as they are. They are copied in blocks, so that what a tile reads is contiguous and in the cache: of a, the few columns
// of one tile (first level), of b all the columns that the thread passes over (second level).
#include "outer-product.h"

#include <cstring>

#include "parallel.h"
#include "product-tile.h"
#include "scratch.h"

namespace roga {

namespace {

/** Rows of a and b in a block. */
constexpr int64_t kDepth = 256;
/** Columns of a in a block, in tiles, and of b: each less than 400 KB with these rows. */
constexpr int64_t kTiles = 384 / kTall;
constexpr int64_t kColumns = 12 * kPanel;

/** Up to this many numbers of the result, threads divide the rows of a and b and add up their results. */
constexpr int64_t kSmall = 1 << 16;

/** Columns [begin[t], begin[t + 1]) of a block of a belong to its tile t: as evenly as can be. */
struct Tiles {
  int64_t count;
  int64_t begin[kTiles + 1];
  explicit Tiles(int64_t columns) : count((columns + kTall - 1) / kTall) {
    for (int64_t t = 0; t <= count; t++) begin[t] = columns * t / count;
  }
  int64_t tall(int64_t t) const { return begin[t + 1] - begin[t]; }
};

/** From one tile's columns of a to the next one's. A row's last vector may spill into the gap. */
constexpr int64_t kTileStride = kDepth * kTall + kLanes;

/**
 * Copies rows that are `stride` apart, tile by tile. Whole vectors are copied, whose surplus the next row covers, except
 * from the last row: after that one there may be no memory.
 */
inline void packTiles(const float* from, int64_t stride, int64_t rows, const Tiles& tiles, float* to) {
  for (int64_t p = 0; p < rows; p++, from += stride) {
    for (int64_t t = 0; t < tiles.count; t++) {
      const int64_t tall = tiles.tall(t);
      const float* row = from + tiles.begin[t];
      __builtin_prefetch(row + kAhead * stride);
      float* target = to + t * kTileStride + p * tall;
      if (p == rows - 1) {
        std::memcpy(target, row, static_cast<size_t>(tall) * sizeof(float));
      } else {
        for (int64_t i = 0; i < tall; i += kLanes) store(target + i, load(row + i));
      }
    }
  }
}

template <int Tall, int Wide>
void tile(const float* a, const float* b, int64_t depth, float* out, int64_t stride, int64_t columns, bool first) {
  Vector sum[Tall][Wide] = {};
  if (!first) {
    for (int i = 0; i < Tall; i++) {
      for (int j = 0; j < Wide; j++) __builtin_prefetch(out + i * stride + j * kLanes, 1);
    }
  }
  for (int64_t p = 0; p < depth; p++, a += Tall, b += Wide * kLanes) {
    Vector row[Wide];
#pragma GCC unroll 2
    for (int j = 0; j < Wide; j++) row[j] = load(b + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Tall; i++) {
#pragma GCC unroll 2
      for (int j = 0; j < Wide; j++) sum[i][j] += a[i] * row[j];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Tall; i++) {
#pragma GCC unroll 2
    for (int j = 0; j < Wide; j++) {
      float* to = out + i * stride + j * kLanes;
      const int64_t left = columns - j * kLanes;
      if (left >= kLanes) {
        store(to, first ? sum[i][j] : load(to) + sum[i][j]);
      } else if (left > 0) {
        const FirstLanes lanes{left};
        lanes.store(to, first ? sum[i][j] : lanes.load(to) + sum[i][j]);
      }
    }
  }
}

using Tile = void (*)(const float*, const float*, int64_t, float*, int64_t, int64_t, bool);

template <int Wide, int... Tall>
constexpr Tile tileOf(int64_t tall, std::integer_sequence<int, Tall...>) {
  constexpr Tile tiles[] = {tile<Tall + 1, Wide>...};
  return tiles[tall - 1];
}

/** The function for tiles of `tall` rows, which need `wide` vectors. */
Tile tileFor(int64_t tall, int64_t wide) {
  const std::make_integer_sequence<int, kTall> heights;
  return wide == 1 ? tileOf<1>(tall, heights) : tileOf<kWide>(tall, heights);
}

/** Scratch memory of one thread. */
struct Packed {
  float* a;
  float* b;
  static constexpr size_t kA = kTiles * kTileStride;
  static constexpr size_t kB = kDepth * kColumns;
};

/** Columns [begin, begin + tiles.columns) of a times b, summed over the rows of `length`. */
void blockProduct(const float* a, const float* b, float* out, Range length, int64_t begin, const Tiles& tiles, int64_t m, int64_t n,
                  Packed packed) {
  for (int64_t p = length.begin; p < length.end; p += kDepth) {
    const int64_t depth = std::min(kDepth, length.end - p);
    packTiles(a + p * m + begin, m, depth, tiles, packed.a);
    for (int64_t column = 0; column < n; column += kColumns) {
      const int64_t width = std::min(kColumns, n - column);
      packPanels(b + p * n + column, n, depth, width, packed.b);
      for (int64_t t = 0; t < tiles.count; t++) {
        const float* panel = packed.b;
        for (int64_t j = 0; j < width; j += kPanel) {
          const int64_t columns = std::min<int64_t>(kPanel, width - j), wide = (columns + kLanes - 1) / kLanes;
          float* to = out + (begin + tiles.begin[t]) * n + column + j;
          tileFor(tiles.tall(t), wide)(packed.a + t * kTileStride, panel, depth, to, n, columns, p == length.begin);
          panel += depth * wide * kLanes;
        }
      }
    }
  }
}

/** The rows [rows.begin, rows.end) of the result. */
void product(const float* a, const float* b, float* out, Range length, Range rows, int64_t m, int64_t n, Packed packed) {
  const int64_t height = rows.end - rows.begin, most = kTiles * kTall, blocks = (height + most - 1) / most;
  for (int64_t i = 0; i < blocks; i++) {
    const int64_t begin = rows.begin + height * i / blocks, end = rows.begin + height * (i + 1) / blocks;
    blockProduct(a, b, out, length, begin, Tiles(end - begin), m, n, packed);
  }
}

}  // namespace

void outerProduct(ConstFloats a, ConstFloats b, Floats out, int64_t length, int64_t m, int64_t n) {
  if (length < 1 || m < 1 || n < 1) throw ArgumentError("expected matrices of at least one element");
  require(a, roga::product({length, m}), "a");
  require(b, roga::product({length, n}), "b");
  require(out, roga::product({m, n}), "out");
  const int workers = m * n * length < (1 << 18) ? 1 : threads();
  float* packedA = scratch<float>(Scratch::kA, Packed::kA * workers);
  float* packedB = scratch<float>(Scratch::kB, Packed::kB * workers);
  const auto packed = [&](int i) { return Packed{packedA + Packed::kA * i, packedB + Packed::kB * i}; };
  if (m * n <= kSmall && length >= workers * kDepth) {
    // Each thread's result but the first's, which goes to its place.
    float* others = scratch<float>(Scratch::kAccumulators, static_cast<size_t>((workers - 1) * m * n));
#pragma omp parallel num_threads(workers)
    {
      const int i = omp_get_thread_num();
      float* to = i == 0 ? out.data : others + (i - 1) * m * n;
      product(a.data, b.data, to, part(length, i, workers, 16), {0, m}, m, n, packed(i));
    }
    for (int i = 1; i < workers; i++) {
      const float* other = others + (i - 1) * m * n;
      parallelFor(m * n, m * n, kLanes, [&](int64_t begin, int64_t end) {
#pragma omp simd
        for (int64_t k = begin; k < end; k++) out.data[k] += other[k];
      });
    }
    return;
  }
#pragma omp parallel num_threads(workers)
  {
    const int i = omp_get_thread_num();
    const Range rows = part(m, i, workers);
    if (rows.begin < rows.end) product(a.data, b.data, out.data, {0, length}, rows, m, n, packed(i));
  }
}

}  // namespace roga
