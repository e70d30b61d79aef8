// Max pooling and its gradient. All channels of a window are compared in registers. The gradient is gathered: which value of
// its window each output took is kept for the few rows of outputs that a row of dx lies under, so that dx is written once.
#include <limits>
#include <vector>

#include "pooling-windows.h"
#include "pooling.h"
#include "prologue.h"
#include "scratch.h"
#include "vector.h"

namespace roga {

namespace {

typedef int32_t Choice __attribute__((vector_size(kLanes * sizeof(int32_t))));
/** The choice of an output whose window holds no number above −∞. */
constexpr int32_t kNone = -1;
constexpr float kLeast = -std::numeric_limits<float>::infinity();

/** The values of a window that lie inside the image. Made before threads start: what they call must not throw. */
struct Window {
  std::vector<const float*> values;
  std::vector<int32_t> taps;

  explicit Window(const ConvolutionShape& s) {
    values.reserve(static_cast<size_t>(s.kh * s.kw));
    taps.reserve(static_cast<size_t>(s.kh * s.kw));
  }

  void look(const ConvolutionShape& s, const float* image, int64_t oh, int64_t ow) {
    values.clear();
    taps.clear();
    for (int64_t i = 0; i < s.kh; i++) {
      const int64_t ih = oh * s.sh - s.top + i * s.dh;
      if (ih < 0 || ih >= s.h) continue;
      for (int64_t j = 0; j < s.kw; j++) {
        const int64_t iw = ow * s.sw - s.left + j * s.dw;
        if (iw < 0 || iw >= s.w) continue;
        values.push_back(image + (ih * s.w + iw) * s.c);
        taps.push_back(static_cast<int32_t>(i * s.kw + j));
      }
    }
  }

  /** The largest value of each channel; −∞ without a number. */
  template <class Lanes>
  Vector largest(int64_t c, Lanes lanes) const {
    Vector result = Vector{} + kLeast;
    for (const float* value : values) {
      const Vector v = lanes.load(value + c);
      result = v > result ? v : result;
    }
    return result;
  }

  /** The tap of the first value that equals the largest. */
  template <class Lanes>
  Choice first(int64_t c, Vector largest, Lanes lanes) const {
    Choice choice = Choice{} + kNone;
    for (size_t k = values.size(); k-- > 0;) {
      const Choice tap = Choice{} + taps[k];
      choice = lanes.load(values[k] + c) == largest ? tap : choice;
    }
    return largest > kLeast ? choice : Choice{} + kNone;
  }
};

/** What one thread needs: rows of p(x), and the choices of a few rows of outputs. */
class Choices {
 public:
  Choices(const ConvolutionShape& s, const PreparedImages& images, int64_t rows) : s_(s), images_(images), window_(s), rows_(rows) {}
  static size_t size(const ConvolutionShape& s, int64_t rows) { return static_cast<size_t>(rows * s.ow * s.c); }
  void use(float* prepared, int32_t* choices) {
    images_.use(prepared);
    choices_ = choices;
    image_ = -1;
  }

  /** Output row oh of image n, and that the rows from `first` to it may be asked for. */
  void prepare(int64_t n, int64_t first, int64_t oh) {
    if (n != image_ || first > end_) {
      image_ = n;
      end_ = first;
    }
    for (; end_ <= oh; end_++) choose(end_);
  }
  const int32_t* row(int64_t oh) const { return choices_ + oh % rows_ * s_.ow * s_.c; }

 private:
  void choose(int64_t oh) {
    const int64_t top = oh * s_.sh - s_.top;
    const float* image = images_.rows(image_, top, top + (s_.kh - 1) * s_.dh + 1);
    for (int64_t ow = 0; ow < s_.ow; ow++) {
      window_.look(s_, image, oh, ow);
      int32_t* to = choices_ + (oh % rows_ * s_.ow + ow) * s_.c;
      overVectors(s_.c, [&](int64_t c, auto lanes) {
        const Choice choice = window_.first(c, window_.largest(c, lanes), lanes);
        lanes.store(reinterpret_cast<float*>(to) + c, (Vector)choice);
      });
    }
  }

  const ConvolutionShape& s_;
  PreparedImages images_;
  Window window_;
  int64_t rows_, image_ = -1, end_ = 0;
  int32_t* choices_ = nullptr;
};

/** An output whose window holds a pixel of dx: as which tap, and where its choices and its gradient are. */
struct Reaching {
  int32_t tap;
  const int32_t* choice;
  const float* dy;
};

/** The outputs along one axis whose windows hold position p: [first, last], each at a tap, or not at all. */
struct Outputs {
  int64_t first, last;
  Outputs(int64_t p, int64_t before, int64_t stride, int64_t reach, int64_t outputs) {
    const int64_t most = p + before, least = most - reach;
    first = least <= 0 ? 0 : (least + stride - 1) / stride;
    last = std::min(outputs - 1, most / stride);
  }
};

/** Row ih of dx. */
void gatherRow(const ConvolutionShape& s, const Choices& choices, Outputs rows, const float* dy, int64_t ih, float* dx,
               std::vector<Reaching>& reaching) {
  for (int64_t iw = 0; iw < s.w; iw++) {
    reaching.clear();
    const Outputs columns(iw, s.left, s.sw, (s.kw - 1) * s.dw, s.ow);
    for (int64_t oh = rows.first; oh <= rows.last; oh++) {
      const int64_t down = ih + s.top - oh * s.sh;
      if (down % s.dh != 0) continue;
      for (int64_t ow = columns.first; ow <= columns.last; ow++) {
        const int64_t across = iw + s.left - ow * s.sw;
        if (across % s.dw != 0) continue;
        const int32_t tap = static_cast<int32_t>(down / s.dh * s.kw + across / s.dw);
        reaching.push_back({tap, choices.row(oh) + ow * s.c, dy + (oh * s.ow + ow) * s.c});
      }
    }
    overVectors(s.c, [&](int64_t c, auto lanes) {
      Vector sum = {};
      for (const Reaching& from : reaching) {
        const Vector bits = lanes.load(reinterpret_cast<const float*>(from.choice) + c);
        const Choice tap = Choice{} + from.tap;
        sum += (Choice)bits == tap ? lanes.load(from.dy + c) : Vector{};
      }
      lanes.store(dx + iw * s.c + c, sum);
    });
  }
}

/** What one thread works with. */
struct Gradient {
  Choices choices;
  std::vector<Reaching> reaching;
  Gradient(const ConvolutionShape& s, const PreparedImages& images, int64_t kept) : choices(s, images, kept) {
    reaching.reserve(static_cast<size_t>(s.kh * s.kw));
  }
};

}  // namespace

void maxPool(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, Floats y) {
  const ConvolutionShape s = poolShape(shape);
  require(x, s.inputSize(), "x");
  require(y, s.outputSize(), "y");
  const Prologue prologue(factors, before, s.c);
  const int64_t reach = (s.kh - 1) * s.dh + 1;
  const PreparedImages images(prologue, x.data, s.h, s.w, s.c, reach);
  float* memory = scratch<float>(Scratch::kC, images.size() * static_cast<size_t>(threads()));
  std::vector<Window> windows;
  for (int thread = 0; thread < threads(); thread++) windows.emplace_back(s);
  parallelFor(s.n * s.oh, s.outputSize() * s.kh, 1, [&](int64_t begin, int64_t end, int thread) {
    PreparedImages own = images;
    own.use(memory + images.size() * static_cast<size_t>(thread));
    Window& window = windows[static_cast<size_t>(thread)];
    for (int64_t row = begin; row < end; row++) {
      const int64_t n = row / s.oh, oh = row % s.oh, top = oh * s.sh - s.top;
      const float* image = own.rows(n, top, top + reach);
      for (int64_t ow = 0; ow < s.ow; ow++) {
        window.look(s, image, oh, ow);
        float* to = y.data + (row * s.ow + ow) * s.c;
        overVectors(s.c, [&](int64_t c, auto lanes) { lanes.store(to + c, window.largest(c, lanes)); });
      }
    }
  });
}

void maxPoolBackward(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats dy, Floats dx) {
  const ConvolutionShape s = poolShape(shape);
  require(x, s.inputSize(), "x");
  require(dy, s.outputSize(), "dy");
  require(dx, s.inputSize(), "dx");
  const Prologue prologue(factors, before, s.c);
  const int64_t reach = (s.kh - 1) * s.dh, kept = reach / s.sh + 2;
  const PreparedImages images(prologue, x.data, s.h, s.w, s.c, reach + 1);
  const int workers = workersFor(s.inputSize());
  float* prepared = scratch<float>(Scratch::kC, images.size() * static_cast<size_t>(workers));
  int32_t* memory = scratch<int32_t>(Scratch::kA, Choices::size(s, kept) * static_cast<size_t>(workers));
  std::vector<Gradient> gradients;
  for (int thread = 0; thread < workers; thread++) gradients.emplace_back(s, images, kept);
  parallelFor(s.n * s.h, s.inputSize(), 1, [&](int64_t begin, int64_t end, int thread) {
    auto& [choices, reaching] = gradients[static_cast<size_t>(thread)];
    choices.use(prepared + images.size() * static_cast<size_t>(thread), memory + Choices::size(s, kept) * static_cast<size_t>(thread));
    for (int64_t row = begin; row < end; row++) {
      const int64_t n = row / s.h, ih = row % s.h;
      const Outputs rows(ih, s.top, s.sh, reach, s.oh);
      if (rows.first <= rows.last) choices.prepare(n, rows.first, rows.last);
      gatherRow(s, choices, rows, dy.data + n * s.oh * s.ow * s.c, ih, dx.data + row * s.w * s.c, reaching);
    }
  });
}

}  // namespace roga
