#include "resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"

namespace roga {

namespace {

/** What a pixel of the resized image takes from the image along one axis: two pixels, and how much of the second. */
struct Source {
  int64_t low, high;
  float fraction;
};

struct Shape {
  int64_t batch, height, width, channels, newHeight, newWidth;
};

Shape read(Ints numbers) {
  require(numbers, 6, "shape");
  const Shape shape{numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
  for (int i = 0; i < 6; i++) {
    if (numbers[static_cast<size_t>(i)] < 1) throw ArgumentError("shape: expected sizes of 1 or more");
  }
  return shape;
}

std::vector<Source> sources(int64_t size, int64_t resized, bool nearest, bool alignCorners, bool halfPixelCenters) {
  const bool corners = alignCorners && resized > 1;
  const double ratio = static_cast<double>(corners ? size - 1 : size) / static_cast<double>(corners ? resized - 1 : resized);
  std::vector<Source> table;
  table.reserve(static_cast<size_t>(resized));
  for (int64_t i = 0; i < resized; i++) {
    const double at = static_cast<double>(i);
    if (nearest) {
      const double position = halfPixelCenters ? ratio * (at + 0.5) : ratio * at;
      const double rounded = alignCorners ? std::floor(position + 0.5) : std::floor(position);
      const int64_t index = std::clamp<int64_t>(static_cast<int64_t>(rounded), 0, size - 1);
      table.push_back({index, index, 0});
    } else {
      const double position = halfPixelCenters ? ratio * (at + 0.5) - 0.5 : ratio * at;
      const int64_t low = std::clamp<int64_t>(static_cast<int64_t>(std::floor(position)), 0, size - 1);
      const int64_t high = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(position)), 0, size - 1);
      table.push_back({low, high, low == high ? 0.0f : static_cast<float>(position - static_cast<double>(low))});
    }
  }
  return table;
}

}  // namespace

void resizeBilinear(ConstFloats x, Floats y, Ints numbers, bool alignCorners, bool halfPixelCenters) {
  const Shape shape = read(numbers);
  require(x, product({shape.batch, shape.height, shape.width, shape.channels}), "x");
  require(y, product({shape.batch, shape.newHeight, shape.newWidth, shape.channels}), "y");
  const std::vector<Source> rows = sources(shape.height, shape.newHeight, false, alignCorners, halfPixelCenters);
  const std::vector<Source> columns = sources(shape.width, shape.newWidth, false, alignCorners, halfPixelCenters);
  const int64_t channels = shape.channels, rowLength = shape.width * channels;
  const int64_t outputs = shape.newHeight * shape.newWidth * channels;
  parallelFor(shape.batch * shape.newHeight, shape.batch * outputs, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const Source& source = rows[static_cast<size_t>(row % shape.newHeight)];
      const float* image = x.data + row / shape.newHeight * shape.height * rowLength;
      const float* upper = image + source.low * rowLength;
      const float* lower = image + source.high * rowLength;
      float* out = y.data + row * shape.newWidth * channels;
      for (const Source& column : columns) {
        const int64_t left = column.low * channels, right = column.high * channels;
#pragma omp simd
        for (int64_t c = 0; c < channels; c++) {
          const float top = upper[left + c] + (upper[right + c] - upper[left + c]) * column.fraction;
          const float bottom = lower[left + c] + (lower[right + c] - lower[left + c]) * column.fraction;
          out[c] = top + (bottom - top) * source.fraction;
        }
        out += channels;
      }
    }
  });
}

namespace {

/** One row of dy, by what it takes part in a row of dx. */
struct Share {
  int64_t row;
  float weight;
};

void addRow(const float* dy, float weight, const std::vector<Source>& columns, int64_t channels, float* dx) {
  for (const Source& column : columns) {
    float* left = dx + column.low * channels;
    float* right = dx + column.high * channels;
    const float toRight = weight * column.fraction, toLeft = weight - toRight;
    for (int64_t c = 0; c < channels; c++) left[c] += dy[c] * toLeft;
    if (column.fraction != 0.0f) {
      for (int64_t c = 0; c < channels; c++) right[c] += dy[c] * toRight;
    }
    dy += channels;
  }
}

}  // namespace

void resizeBackward(ConstFloats dy, Floats dx, Ints numbers, bool nearest, bool alignCorners, bool halfPixelCenters) {
  const Shape shape = read(numbers);
  require(dy, product({shape.batch, shape.newHeight, shape.newWidth, shape.channels}), "dy");
  require(dx, product({shape.batch, shape.height, shape.width, shape.channels}), "dx");
  const std::vector<Source> rows = sources(shape.height, shape.newHeight, nearest, alignCorners, halfPixelCenters);
  const std::vector<Source> columns = sources(shape.width, shape.newWidth, nearest, alignCorners, halfPixelCenters);
  // Each row of dx is one thread's.
  std::vector<std::vector<Share>> shares(static_cast<size_t>(shape.height));
  for (int64_t row = 0; row < shape.newHeight; row++) {
    const Source& source = rows[static_cast<size_t>(row)];
    shares[static_cast<size_t>(source.low)].push_back({row, 1.0f - source.fraction});
    if (source.fraction != 0.0f) shares[static_cast<size_t>(source.high)].push_back({row, source.fraction});
  }
  const int64_t channels = shape.channels, newLength = shape.newWidth * channels, length = shape.width * channels;
  parallelFor(shape.batch * shape.height, shape.batch * (shape.newHeight * newLength + shape.height * length), 1,
              [&](int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; row++) {
                  float* out = dx.data + row * length;
                  std::fill(out, out + length, 0.0f);
                  const float* image = dy.data + row / shape.height * shape.newHeight * newLength;
                  for (const Share& share : shares[static_cast<size_t>(row % shape.height)]) {
                    addRow(image + share.row * newLength, share.weight, columns, channels, out);
                  }
                }
              });
}

}  // namespace roga
