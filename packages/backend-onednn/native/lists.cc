#include "lists.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"

// Every product and every sum is rounded by itself: joined, the compiler chooses which product of a sum of two is left
// unrounded, and a sum of several lists at once would not be, bit for bit, what it is one list after another.
#if defined(__clang__)
#pragma clang fp contract(off)
#else
#pragma GCC optimize("fp-contract=off")
#endif

namespace roga {

namespace {

/** Sums are made of blocks of this many values, so that they do not depend on where threads meet. */
constexpr int64_t kBlock = 4096;
/** So many sums of a combination of many lists are held at a time. */
constexpr int64_t kPart = 4096;

/** Several lists with arrays of the same lengths. */
class Lists {
 public:
  explicit Lists(std::initializer_list<FloatList> lists) : width_(lists.size()) {
    const uint32_t count = lists.begin()->size;
    for (const FloatList& list : lists) {
      if (list.size != count) throw ArgumentError("expected lists of the same length");
    }
    fill(count, [&](uint32_t list, uint32_t index) { return lists.begin()[list].at(index); });
  }

  /** `width` lists in one, one after another, and another list. */
  Lists(const FloatList& joined, size_t width, const FloatList& last) : width_(width + 1) {
    if (joined.size != width * last.size) throw ArgumentError("expected as many lists as factors, all of the same length");
    fill(last.size, [&](uint32_t list, uint32_t index) {
      return list < width ? joined.at(list * last.size + index) : last.at(index);
    });
  }

  int64_t total() const { return total_; }
  int64_t count() const { return static_cast<int64_t>(lengths_.size()); }
  int64_t length(int64_t index) const { return lengths_[static_cast<size_t>(index)]; }
  float* const* at(int64_t index) const { return arrays_.data() + static_cast<size_t>(index) * width_; }

  /** f(arrays, begin, end) for parts of the arrays, which threads share evenly. */
  template <class F>
  void each(int64_t cost, F f) const {
    parallelFor(total_, total_ * cost, 16, [&](int64_t begin, int64_t end) {
      const auto after = std::upper_bound(starts_.begin(), starts_.end(), begin);
      for (int64_t index = after - starts_.begin() - 1; index < count() && starts_[static_cast<size_t>(index)] < end; index++) {
        const int64_t start = starts_[static_cast<size_t>(index)];
        const int64_t from = std::max<int64_t>(begin - start, 0), to = std::min(end - start, length(index));
        if (from < to) f(at(index), from, to);
      }
    });
  }

  /** Σ f(arrays, begin, end) over blocks. */
  template <class F>
  double sum(F f) const {
    double total = 0;
    blocks(f, [&](int64_t, double value) { total += value; });
    return total;
  }

  /** take(index, f(arrays, begin, end)) for the blocks in order, the values being computed by all threads. */
  template <class F, class G>
  void blocks(F f, G take) const {
    struct Block {
      int64_t index, begin, end;
    };
    std::vector<Block> blocks;
    for (int64_t index = 0; index < count(); index++) {
      for (int64_t begin = 0; begin < length(index); begin += kBlock) {
        blocks.push_back({index, begin, std::min(length(index), begin + kBlock)});
      }
    }
    std::vector<double> sums(blocks.size());
    parallelFor(static_cast<int64_t>(blocks.size()), total_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const Block& block = blocks[static_cast<size_t>(i)];
        sums[static_cast<size_t>(i)] = f(at(block.index), block.begin, block.end);
      }
    });
    for (size_t i = 0; i < blocks.size(); i++) take(blocks[i].index, sums[i]);
  }

 private:
  /** Takes the arrays that at(list, index) gives. */
  template <class At>
  void fill(uint32_t count, At at) {
    if (count > FloatList::kMax) throw ArgumentError("expected lists of at most 4096 arrays");
    for (uint32_t index = 0; index < count; index++) {
      size_t length = 0;
      for (uint32_t list = 0; list < width_; list++) {
        const Floats array = at(list, index);
        if (list == 0) length = array.size;
        if (!array || array.size != length) {
          throw ArgumentError("array " + std::to_string(index) + ": expected " + std::to_string(length) +
                              " elements, got " + std::to_string(array.size));
        }
        arrays_.push_back(array.data);
      }
      lengths_.push_back(static_cast<int64_t>(length));
      starts_.push_back(total_);
      total_ += static_cast<int64_t>(length);
    }
  }

  size_t width_;
  std::vector<float*> arrays_;
  std::vector<int64_t> lengths_, starts_;
  int64_t total_ = 0;
};

/** Σ x². */
double squares(float* const* arrays, int64_t begin, int64_t end) {
  const float* values = arrays[0];
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = begin; i < end; i++) sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  return sum;
}

/** The last of the arrays = Σ_j factors[j] · the j-th, for so many lists that their addresses fit into registers. */
template <size_t kWidth>
void combine(const Lists& lists, const float* factors) {
  lists.each(kWidth, [factors](float* const* arrays, int64_t begin, int64_t end) {
    const float* x[kWidth];
    float factor[kWidth];
    for (size_t j = 0; j < kWidth; j++) {
      x[j] = arrays[j];
      factor[j] = factors[j];
    }
    float* to = arrays[kWidth];
#pragma omp simd
    for (int64_t i = begin; i < end; i++) {
      float sum = factor[0] * x[0][i];
      for (size_t j = 1; j < kWidth; j++) sum += factor[j] * x[j][i];
      to[i] = sum;
    }
  });
}

/** The same for any number of lists. */
void combineMany(const Lists& lists, const float* factors, size_t width) {
  lists.each(static_cast<int64_t>(width), [=](float* const* arrays, int64_t begin, int64_t end) {
    float sums[kPart]; // the output may be one of the inputs
    for (int64_t from = begin; from < end; from += kPart) {
      const int64_t length = std::min(kPart, end - from);
      std::fill_n(sums, length, 0.0f);
      for (size_t j = 0; j < width; j++) {
        const float* values = arrays[j] + from;
        const float factor = factors[j];
#pragma omp simd
        for (int64_t i = 0; i < length; i++) sums[i] += factor * values[i];
      }
      std::copy_n(sums, length, arrays[width] + from);
    }
  });
}

float chosen(ConstFloats factor, double number) {
  if (!factor) return static_cast<float>(number);
  require(factor, 1, "factor");
  return factor[0];
}

}  // namespace

void listScale(FloatList x, FloatList out, ConstFloats factor, double number) {
  const float alpha = chosen(factor, number);
  Lists({x, out}).each(1, [alpha](float* const* arrays, int64_t begin, int64_t end) {
    const float* from = arrays[0];
    float* to = arrays[1];
#pragma omp simd
    for (int64_t i = begin; i < end; i++) to[i] = alpha * from[i];
  });
}

void listAxpy(FloatList x, FloatList y, FloatList out, ConstFloats factor, double number) {
  const float alpha = chosen(factor, number);
  Lists({x, y, out}).each(1, [alpha](float* const* arrays, int64_t begin, int64_t end) {
    const float* a = arrays[0];
    const float* b = arrays[1];
    float* to = arrays[2];
#pragma omp simd
    for (int64_t i = begin; i < end; i++) to[i] = alpha * a[i] + b[i];
  });
}

void listNorm(FloatList x, Floats out) {
  require(out, 1, "out");
  out[0] = static_cast<float>(std::sqrt(Lists({x}).sum(squares)));
}

void listSquares(FloatList x, Floats out) {
  require(out, x.size, "out");
  std::vector<double> sums(x.size);
  Lists({x}).blocks(squares, [&](int64_t index, double value) { sums[static_cast<size_t>(index)] += value; });
  for (uint32_t i = 0; i < x.size; i++) out.data[i] = static_cast<float>(sums[i]);
}

void listDot(FloatList x, FloatList y, Floats out) {
  require(out, 1, "out");
  const double sum = Lists({x, y}).sum([](float* const* arrays, int64_t begin, int64_t end) {
    const float* a = arrays[0];
    const float* b = arrays[1];
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = begin; i < end; i++) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
  });
  out[0] = static_cast<float>(sum);
}

void listCombine(FloatList x, ConstFloats factors, FloatList out) {
  const size_t width = factors.size;
  const Lists lists(x, width, out);
  switch (width) {
    case 0: throw ArgumentError("expected at least one factor");
    case 1: return combine<1>(lists, factors.data);
    case 2: return combine<2>(lists, factors.data);
    case 3: return combine<3>(lists, factors.data);
    case 4: return combine<4>(lists, factors.data);
    case 5: return combine<5>(lists, factors.data);
    default: return combineMany(lists, factors.data, width);
  }
}

void sgdUpdate(FloatList v, FloatList g, FloatList m, FloatList newV, FloatList newM, double learningRate,
               double momentumFactor, bool nesterov, double weightDecay) {
  const float rate = static_cast<float>(learningRate);
  const float momentum = static_cast<float>(momentumFactor);
  const float decay = static_cast<float>(weightDecay);
  const bool decays = weightDecay != 0;
  if (momentumFactor == 0) {
    Lists({v, g, newV}).each(1, [=](float* const* arrays, int64_t begin, int64_t end) {
      const float* old = arrays[0];
      const float* gradient = arrays[1];
      float* to = arrays[2];
#pragma omp simd
      for (int64_t i = begin; i < end; i++) {
        const float d = decays ? gradient[i] + decay * old[i] : gradient[i];
        to[i] = old[i] - rate * d;
      }
    });
    return;
  }
  Lists({v, g, m, newV, newM}).each(2, [=](float* const* arrays, int64_t begin, int64_t end) {
    const float* old = arrays[0];
    const float* gradient = arrays[1];
    const float* velocity = arrays[2];
    float* to = arrays[3];
    float* toVelocity = arrays[4];
#pragma omp simd
    for (int64_t i = begin; i < end; i++) {
      const float d = decays ? gradient[i] + decay * old[i] : gradient[i];
      const float moved = momentum * velocity[i] + d;
      to[i] = old[i] - rate * (nesterov ? d + momentum * moved : moved);
      toVelocity[i] = moved;
    }
  });
}

void adamUpdate(FloatList v, FloatList g, FloatList m, FloatList s, FloatList newV, FloatList newM, FloatList newS,
                double learningRate, double first, double second, double smallest, double weightDecay,
                double correctionFactor) {
  const float rate = static_cast<float>(learningRate);
  const float beta1 = static_cast<float>(first), rest1 = static_cast<float>(1 - first);
  const float beta2 = static_cast<float>(second), rest2 = static_cast<float>(1 - second);
  const float epsilon = static_cast<float>(smallest);
  const float decay = static_cast<float>(weightDecay);
  const float correction = static_cast<float>(correctionFactor);
  const bool decays = weightDecay != 0;
  Lists({v, g, m, s, newV, newM, newS}).each(3, [=](float* const* arrays, int64_t begin, int64_t end) {
    const float* old = arrays[0];
    const float* gradient = arrays[1];
    const float* mean = arrays[2];
    const float* square = arrays[3];
    float* to = arrays[4];
    float* toMean = arrays[5];
    float* toSquare = arrays[6];
#pragma omp simd
    for (int64_t i = begin; i < end; i++) {
      const float d = decays ? gradient[i] + decay * old[i] : gradient[i];
      const float mNew = beta1 * mean[i] + rest1 * d;
      const float sNew = beta2 * square[i] + rest2 * (d * d);
      to[i] = old[i] - rate * (mNew / (std::sqrt(sNew) / correction + epsilon));
      toMean[i] = mNew;
      toSquare[i] = sNew;
    }
  });
}

void averageUpdate(FloatList v, FloatList x, FloatList newV, double share) {
  const float rate = static_cast<float>(share);
  Lists({v, x, newV}).each(1, [rate](float* const* arrays, int64_t begin, int64_t end) {
    const float* old = arrays[0];
    const float* value = arrays[1];
    float* to = arrays[2];
#pragma omp simd
    for (int64_t i = begin; i < end; i++) to[i] = old[i] - (old[i] - value[i]) * rate;
  });
}

}  // namespace roga
