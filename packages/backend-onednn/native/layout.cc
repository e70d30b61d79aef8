#include "layout.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "parallel.h"
#include "transpose.h"

namespace roga {

namespace {

constexpr int kMaxAxes = 8;

inline void copy(const float* from, float* to, int64_t n) {
  if (n >= 32) {
    std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
  } else {
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
  }
}

}  // namespace

void copyRows(ConstFloats x, Floats y, int64_t rows, int64_t length, int64_t xOffset, int64_t xStride, int64_t yOffset,
              int64_t yStride) {
  if (rows < 1 || length < 1 || xOffset < 0 || xStride < 0 || yOffset < 0 || yStride < length) {
    throw ArgumentError("expected rows, offsets and strides that fit together");
  }
  require(x, xOffset + product({rows - 1, xStride}) + length, "x");
  require(y, yOffset + product({rows - 1, yStride}) + length, "y");
  const float* from = x.data + xOffset;
  float* to = y.data + yOffset;
  parallelFor(rows * length, rows * length, 16, [=](int64_t begin, int64_t end) {
    int64_t row = begin / length, column = begin % length;
    for (int64_t at = begin; at < end; row++, column = 0) {
      const int64_t n = std::min(length - column, end - at);
      copy(from + row * xStride + column, to + row * yStride + column, n);
      at += n;
    }
  });
}

namespace {

/** Sides of the squares that are transposed at a time, few enough pages for the processor's table of them … */
constexpr int64_t kTile = 64;

}  // namespace

void transpose(ConstFloats x, Floats y, Ints dims) {
  if (dims.size % 2 != 0 || dims.size == 0 || dims.size > 2 * kMaxAxes) {
    throw ArgumentError("dims: expected two numbers for each of 1 to 8 axes");
  }
  const int rank = static_cast<int>(dims.size / 2);
  int64_t size[kMaxAxes], stride[kMaxAxes], toStride[kMaxAxes];
  int64_t total = 1, extent = 1;
  int contiguous = -1;
  for (int axis = rank - 1; axis >= 0; axis--) {
    size[axis] = dims[axis * 2];
    stride[axis] = dims[axis * 2 + 1];
    if (size[axis] < 1 || stride[axis] < 1) throw ArgumentError("dims: expected sizes and strides of 1 or more");
    toStride[axis] = total;
    total = product({total, size[axis]});
    extent += product({size[axis] - 1, stride[axis]});
    if (stride[axis] == 1) contiguous = axis;
  }
  require(x, extent, "x");
  require(y, total, "y");
  if (contiguous < 0) throw ArgumentError("dims: expected a stride of 1");
  const int last = rank - 1;
  // The axes along which tiles, or rows, are counted; sizes in tiles.
  const bool rows = contiguous == last;
  int64_t counts[kMaxAxes];
  int64_t tasks = 1;
  for (int axis = 0; axis < rank; axis++) {
    const bool tiled = axis == contiguous || axis == last;
    counts[axis] = rows && axis == last ? 1 : tiled ? (size[axis] + kTile - 1) / kTile : size[axis];
    tasks *= counts[axis];
  }
  parallelFor(tasks, total, 1, [&](int64_t begin, int64_t end) {
    int64_t index[kMaxAxes] = {};
    int64_t rest = begin;
    for (int axis = last; axis >= 0; axis--) {
      index[axis] = rest % counts[axis];
      rest /= counts[axis];
    }
    for (int64_t task = begin; task < end; task++) {
      int64_t from = 0, to = 0;
      for (int axis = 0; axis < rank; axis++) {
        const int64_t at = !rows && (axis == contiguous || axis == last) ? index[axis] * kTile : index[axis];
        from += at * stride[axis];
        to += at * toStride[axis];
      }
      if (rows) {
        copy(x.data + from, y.data + to, size[last]);
      } else {
        const int64_t m = std::min(kTile, size[contiguous] - index[contiguous] * kTile);
        const int64_t n = std::min(kTile, size[last] - index[last] * kTile);
        transposeTile(x.data + from, stride[last], y.data + to, toStride[contiguous], m, n);
      }
      for (int axis = last; axis >= 0; axis--) {
        if (++index[axis] < counts[axis]) break;
        index[axis] = 0;
      }
    }
  });
}

namespace {

struct Segment {
  int64_t length, start, step;
};

struct Axis {
  int64_t stride = 0, size = 0;
  std::vector<Segment> segments;
};

/** Reads and checks the axes of `remap`; the furthest element of x that they name must exist. */
std::vector<Axis> readAxes(Ints numbers, ConstFloats x) {
  std::vector<Axis> axes;
  int64_t extent = 1;
  bool nothing = false;
  for (size_t at = 0; at < numbers.size;) {
    if (numbers.size - at < 2) throw ArgumentError("axes: an axis is cut off");
    Axis axis;
    axis.stride = numbers[at];
    const int64_t count = numbers[at + 1];
    at += 2;
    if (axis.stride < 0 || count < 1 || static_cast<int64_t>(numbers.size - at) < 3 * count) {
      throw ArgumentError("axes: expected a stride and one or more segments");
    }
    int64_t furthest = -1;
    for (int64_t i = 0; i < count; i++, at += 3) {
      const Segment segment{numbers[at], numbers[at + 1], numbers[at + 2]};
      if (segment.length < 0 || segment.start < -1) throw ArgumentError("axes: no such segment");
      if (segment.length == 0) continue;
      if (segment.start >= 0) {
        const int64_t end = segment.start + (segment.length - 1) * segment.step;
        if (end < 0) throw ArgumentError("axes: a segment starts before its axis");
        furthest = std::max({furthest, segment.start, end});
      }
      axis.size += segment.length;
      axis.segments.push_back(segment);
    }
    if (axis.size == 0) throw ArgumentError("axes: expected one or more elements");
    nothing = nothing || furthest < 0;
    if (furthest > 0) extent = product({1, extent + product({furthest, axis.stride})});
    axes.push_back(std::move(axis));
  }
  if (axes.empty() || axes.size() > kMaxAxes) throw ArgumentError("axes: expected 1 to 8");
  if (!nothing) require(x, extent, "x");
  return axes;
}

/** Writes the elements [begin, end) of a row to `to`. */
void copySegments(const std::vector<Segment>& segments, const float* from, int64_t stride, int64_t begin, int64_t end,
                  float* to, float value) {
  int64_t first = 0;
  for (const Segment& segment : segments) {
    const int64_t low = std::max(begin - first, int64_t{0}), high = std::min(end - first, segment.length);
    first += segment.length;
    if (low >= high) {
      if (first >= end) return;
      continue;
    }
    const int64_t n = high - low;
    if (segment.start < 0) {
      std::fill(to, to + n, value);
    } else {
      const float* at = from + (segment.start + low * segment.step) * stride;
      const int64_t step = segment.step * stride;
      if (step == 1) {
        copy(at, to, n);
      } else {
        for (int64_t i = 0; i < n; i++) to[i] = at[i * step];
      }
    }
    to += n;
  }
}

}  // namespace

void remap(ConstFloats x, Floats y, Ints numbers, double fillValue) {
  const std::vector<Axis> axes = readAxes(numbers, x);
  const float value = static_cast<float>(fillValue);
  const Axis& inner = axes.back();
  const size_t outer = axes.size() - 1;
  // For each index of an outer axis the offset in x, or -1.
  std::vector<std::vector<int64_t>> offsets(outer);
  int64_t rows = 1;
  for (size_t axis = 0; axis < outer; axis++) rows = product({rows, axes[axis].size});
  require(y, product({rows, inner.size}), "y");
  for (size_t axis = 0; axis < outer; axis++) {
    offsets[axis].reserve(static_cast<size_t>(axes[axis].size));
    for (const Segment& segment : axes[axis].segments) {
      for (int64_t i = 0; i < segment.length; i++) {
        offsets[axis].push_back(segment.start < 0 ? -1 : (segment.start + i * segment.step) * axes[axis].stride);
      }
    }
  }
  parallelFor(rows * inner.size, rows * inner.size, 16, [&](int64_t begin, int64_t end) {
    size_t index[kMaxAxes] = {};
    int64_t rest = begin / inner.size, column = begin % inner.size;
    for (size_t axis = outer; axis-- > 0;) {
      index[axis] = static_cast<size_t>(rest % axes[axis].size);
      rest /= axes[axis].size;
    }
    for (int64_t position = begin; position < end; column = 0) {
      int64_t from = 0;
      bool nothing = false;
      for (size_t axis = 0; axis < outer; axis++) {
        const int64_t offset = offsets[axis][index[axis]];
        nothing = nothing || offset < 0;
        from += offset;
      }
      const int64_t until = std::min(inner.size, column + end - position);
      float* to = y.data + position;
      if (nothing) std::fill(to, to + (until - column), value);
      else copySegments(inner.segments, x.data + from, inner.stride, column, until, to, value);
      position += until - column;
      for (size_t axis = outer; axis-- > 0;) {
        if (++index[axis] < offsets[axis].size()) break;
        index[axis] = 0;
      }
    }
  });
}

}  // namespace roga
