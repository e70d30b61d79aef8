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

/** Words along the sum in a block. */
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
 * from the last rows: after those there may be no memory.
 */
template <class P>
ROGA_PRODUCT void packTiles(const float* from, int64_t stride, int64_t rows, const Tiles& tiles, float* to) {
  const int64_t words = wordsOf<P>(rows);
  for (int64_t p = 0; p < words; p++, from += P::kRows * stride) {
    for (int64_t t = 0; t < tiles.count; t++) {
      const int64_t tall = tiles.tall(t);
      const float* row = from + tiles.begin[t];
      const float* next = row + (P::kRows - 1) * stride;
      __builtin_prefetch(row + kAhead * stride);
      float* target = to + t * kTileStride + p * tall;
      for (int64_t i = 0; i < tall; i += kLanes) {
        if (p < words - 1) {
          store(target + i, P::join(load(row + i), load(next + i)));
          continue;
        }
        const FirstLanes lanes{std::min<int64_t>(kLanes, tall - i)};
        const bool alone = P::kRows > 1 && rows % P::kRows != 0;
        lanes.store(target + i, P::join(lanes.load(row + i), alone ? Vector{} : lanes.load(next + i)));
      }
    }
  }
}

/** What the next block reads, a piece for every tile of this one. */
struct NextBlock {
  /** The columns of a that the thread reads, in rows; then b, `size` bytes without gaps. */
  const char *a, *b;
  int64_t stride, rows, size, piece = 0;
  Ahead take(int64_t depth) {
    constexpr int64_t kStep = 8;
    const int64_t i = piece++, from = (i - rows) * depth * kStep;
    if (i < rows) return {a + i * stride, kStep};
    return from < size ? Ahead{b + from, kStep} : Ahead{b, 0};
  }
};

template <class P, int Tall, int Wide>
ROGA_PRODUCT void tile(const float* a, const float* b, int64_t depth, float* out, int64_t stride, int64_t columns, bool first,
                       Ahead ahead) {
  Vector sum[Tall][Wide] = {};
  if (!first) {
    for (int i = 0; i < Tall; i++) {
      for (int j = 0; j < Wide; j++) __builtin_prefetch(out + i * stride + j * kLanes, 1);
    }
  }
  for (int64_t p = 0; p < depth; p++, a += Tall, b += Wide * kLanes) {
    ahead.ask();
    Vector row[Wide];
#pragma GCC unroll 2
    for (int j = 0; j < Wide; j++) row[j] = load(b + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Tall; i++) {
#pragma GCC unroll 2
      for (int j = 0; j < Wide; j++) sum[i][j] = P::add(sum[i][j], a[i], row[j]);
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

using Tile = void (*)(const float*, const float*, int64_t, float*, int64_t, int64_t, bool, Ahead);

template <class P, int Wide, int... Tall>
constexpr Tile tileOf(int64_t tall, std::integer_sequence<int, Tall...>) {
  constexpr Tile tiles[] = {tile<P, Tall + 1, Wide>...};
  return tiles[tall - 1];
}

/** The function for tiles of `tall` rows, which need `wide` vectors. */
template <class P>
Tile tileFor(int64_t tall, int64_t wide) {
  const std::make_integer_sequence<int, kTall> heights;
  return wide == 1 ? tileOf<P, 1>(tall, heights) : tileOf<P, kWide>(tall, heights);
}

/** Scratch memory of one thread. */
struct Packed {
  float* a;
  float* b;
  static constexpr size_t kA = kTiles * kTileStride;
  static constexpr size_t kB = kDepth * kColumns;
};

/** The rows [begin, begin + tiles' columns) of the result, summed over the rows of `length`. */
template <class P>
void blockProduct(const float* a, const float* b, float* out, Range length, int64_t begin, const Tiles& tiles, int64_t m, int64_t n,
                  Packed packed) {
  for (int64_t p = length.begin; p < length.end; p += kDepth * P::kRows) {
    const int64_t rows = std::min(kDepth * P::kRows, length.end - p), depth = wordsOf<P>(rows);
    packTiles<P>(a + p * m + begin, m, rows, tiles, packed.a);
    const int64_t after = std::clamp<int64_t>(length.end - p - rows, 0, rows);
    NextBlock next{reinterpret_cast<const char*>(a + (p + rows) * m + begin), reinterpret_cast<const char*>(b + (p + rows) * n), m * 4,
                   after, after * n * 4};
    for (int64_t column = 0; column < n; column += kColumns) {
      const int64_t width = std::min(kColumns, n - column);
      packPanels<P>(b + p * n + column, n, rows, width, packed.b);
      for (int64_t t = 0; t < tiles.count; t++) {
        const float* panel = packed.b;
        for (int64_t j = 0; j < width; j += kPanel) {
          const int64_t columns = std::min<int64_t>(kPanel, width - j), wide = (columns + kLanes - 1) / kLanes;
          float* to = out + (begin + tiles.begin[t]) * n + column + j;
          tileFor<P>(tiles.tall(t), wide)(packed.a + t * kTileStride, panel, depth, to, n, columns, p == length.begin,
                                            next.take(depth));
          panel += depth * wide * kLanes;
        }
      }
    }
  }
}

/** The rows [rows.begin, rows.end) of the result. */
template <class P>
void product(const float* a, const float* b, float* out, Range length, Range rows, int64_t m, int64_t n, Packed packed) {
  const int64_t height = rows.end - rows.begin, most = kTiles * kTall, blocks = (height + most - 1) / most;
  for (int64_t i = 0; i < blocks; i++) {
    const int64_t begin = rows.begin + height * i / blocks, end = rows.begin + height * (i + 1) / blocks;
    blockProduct<P>(a, b, out, length, begin, Tiles(end - begin), m, n, packed);
  }
}

template <class P>
void outerProductIn(const float* a, const float* b, float* out, int64_t length, int64_t m, int64_t n) {
  const int workers = m * n * length < (1 << 18) ? 1 : threads();
  float* packedA = scratch<float>(Scratch::kA, Packed::kA * workers);
  float* packedB = scratch<float>(Scratch::kB, Packed::kB * workers);
  const auto packed = [&](int i) { return Packed{packedA + Packed::kA * i, packedB + Packed::kB * i}; };
  if (m * n <= kSmall && length >= workers * kDepth * P::kRows) {
    // Each thread's result but the first's, which goes to its place.
    float* others = scratch<float>(Scratch::kAccumulators, static_cast<size_t>((workers - 1) * m * n));
#pragma omp parallel num_threads(workers)
    {
      const int i = omp_get_thread_num();
      float* to = i == 0 ? out : others + (i - 1) * m * n;
      product<P>(a, b, to, part(length, i, workers, 16), {0, m}, m, n, packed(i));
    }
    for (int i = 1; i < workers; i++) {
      const float* other = others + (i - 1) * m * n;
      parallelFor(m * n, m * n, kLanes, [&](int64_t begin, int64_t end) {
#pragma omp simd
        for (int64_t k = begin; k < end; k++) out[k] += other[k];
      });
    }
    return;
  }
#pragma omp parallel num_threads(workers)
  {
    const int i = omp_get_thread_num();
    const Range rows = part(m, i, workers);
    if (rows.begin < rows.end) product<P>(a, b, out, {0, length}, rows, m, n, packed(i));
  }
}

}  // namespace

void outerProduct(ConstFloats a, ConstFloats b, Floats out, int64_t length, int64_t m, int64_t n, bool bfloat16) {
  if (length < 1 || m < 1 || n < 1) throw ArgumentError("expected matrices of at least one element");
  require(a, roga::product({length, m}), "a");
  require(b, roga::product({length, n}), "b");
  require(out, roga::product({m, n}), "out");
  if constexpr (kHasBfloat16Products) {
    if (bfloat16) return outerProductIn<Bfloat16>(a.data, b.data, out.data, length, m, n);
  }
  outerProductIn<Float32>(a.data, b.data, out.data, length, m, n);
}

}  // namespace roga
