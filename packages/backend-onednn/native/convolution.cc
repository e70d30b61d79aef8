// Convolutions over NHWC tensors and HWIO filters by oneDNN's convolution primitives; depthwise ones are groups of one
// channel. oneDNN may want the filter in a layout of its own: it is reordered at every call, since it is small and
// changes at every training step. A convolution with a 1×1 filter is a matrix product, for which there are better ways.
#include "convolution.h"

#include "convolution-shape.h"
#include "epilogue.h"
#include "matmul.h"
#include "onednn.h"
#include "parallel.h"
#include "pointwise.h"
#include "product-tile.h"
#include "scratch.h"

namespace roga {

namespace {

/** A shape in oneDNN's terms. */
struct Shape : ConvolutionShape {
  using ConvolutionShape::ConvolutionShape;

  dnnl::memory::desc input() const { return {{n, c, h, w}, Type::f32, Tag::nhwc}; }
  dnnl::memory::desc output() const { return {{n, k, oh, ow}, Type::f32, Tag::nhwc}; }
  dnnl::memory::desc filter() const { return filter(groups > 1 ? Tag::hwigo : Tag::hwio); }
  dnnl::memory::desc anyFilter() const { return filter(Tag::any); }
  dnnl::memory::dims strides() const { return {sh, sw}; }
  dnnl::memory::dims dilations() const { return {dh - 1, dw - 1}; }
  dnnl::memory::dims before() const { return {top, left}; }
  dnnl::memory::dims after() const { return {bottom, right}; }

 private:
  dnnl::memory::desc filter(Tag tag) const {
    if (groups > 1) return {{groups, k / groups, c / groups, kh, kw}, Type::f32, tag};
    return {{k, c, kh, kw}, Type::f32, tag};
  }
};

#if DNNL_VERSION_MAJOR >= 3

dnnl::convolution_forward::primitive_desc describeForward(const Shape& s, bool bias) {
  const auto kind = dnnl::prop_kind::forward_training;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::memory::desc b = bias ? dnnl::memory::desc({s.k}, Type::f32, Tag::x) : dnnl::memory::desc();
  return {engine(), kind, algorithm, s.input(), s.anyFilter(), b, s.output(), s.strides(), s.dilations(), s.before(), s.after()};
}

dnnl::convolution_backward_data::primitive_desc describeBackwardData(const Shape& s) {
  return {engine(),    dnnl::algorithm::convolution_direct, s.input(), s.anyFilter(), s.output(), s.strides(),
          s.dilations(), s.before(), s.after(), describeForward(s, false)};
}

dnnl::convolution_backward_weights::primitive_desc describeBackwardWeights(const Shape& s) {
  return {engine(),    dnnl::algorithm::convolution_direct, s.input(), s.anyFilter(), s.output(), s.strides(),
          s.dilations(), s.before(), s.after(), describeForward(s, false)};
}

#else

dnnl::convolution_forward::primitive_desc describeForward(const Shape& s, bool bias) {
  const auto kind = dnnl::prop_kind::forward_training;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  using Desc = dnnl::convolution_forward::desc;
  if (bias) {
    const dnnl::memory::desc b({s.k}, Type::f32, Tag::x);
    return {Desc(kind, algorithm, s.input(), s.anyFilter(), b, s.output(), s.strides(), s.dilations(), s.before(), s.after()), engine()};
  }
  return {Desc(kind, algorithm, s.input(), s.anyFilter(), s.output(), s.strides(), s.dilations(), s.before(), s.after()), engine()};
}

dnnl::convolution_backward_data::primitive_desc describeBackwardData(const Shape& s) {
  return {dnnl::convolution_backward_data::desc(dnnl::algorithm::convolution_direct, s.input(), s.anyFilter(), s.output(),
                                                s.strides(), s.dilations(), s.before(), s.after()),
          engine(), describeForward(s, false)};
}

dnnl::convolution_backward_weights::primitive_desc describeBackwardWeights(const Shape& s) {
  return {dnnl::convolution_backward_weights::desc(dnnl::algorithm::convolution_direct, s.input(), s.anyFilter(), s.output(),
                                                   s.strides(), s.dilations(), s.before(), s.after()),
          engine(), describeForward(s, false)};
}

#endif

/**
 * A primitive, and the layout that it wants the filter in. Memory for the filter in another layout than ours is one for
 * all primitives: many shapes would otherwise keep as many copies.
 */
template <class Primitive, class Description>
struct Prepared {
  Primitive primitive;
  dnnl::memory::desc layout;
  bool repacks;

  Prepared(const Description& description, const dnnl::memory::desc& layout_, const dnnl::memory::desc& plain)
      : primitive(description), layout(layout_), repacks(layout_ != plain) {}
  dnnl::memory packed() const { return at(layout, scratch(Scratch::kB, layout.get_size())); }
};

struct Forward : Prepared<dnnl::convolution_forward, dnnl::convolution_forward::primitive_desc> {
  Forward(const Shape& s, bool bias) : Forward(describeForward(s, bias), s) {}
  Forward(const dnnl::convolution_forward::primitive_desc& d, const Shape& s) : Prepared(d, d.weights_desc(), s.filter()) {}
};
struct BackwardData : Prepared<dnnl::convolution_backward_data, dnnl::convolution_backward_data::primitive_desc> {
  explicit BackwardData(const Shape& s) : BackwardData(describeBackwardData(s), s) {}
  BackwardData(const dnnl::convolution_backward_data::primitive_desc& d, const Shape& s)
      : Prepared(d, d.weights_desc(), s.filter()) {}
};
struct BackwardWeights : Prepared<dnnl::convolution_backward_weights, dnnl::convolution_backward_weights::primitive_desc> {
  explicit BackwardWeights(const Shape& s) : BackwardWeights(describeBackwardWeights(s), s) {}
  BackwardWeights(const dnnl::convolution_backward_weights::primitive_desc& d, const Shape& s)
      : Prepared(d, d.diff_weights_desc(), s.filter()) {}
};

/**
 * Up to this many weights, oneDNN's convolution computes their gradient, a sum over many pixels, faster than a product of
 * matrices does, be it our own or oneDNN's in bfloat16: measured for oneDNN 2.6 on AVX-512.
 */
constexpr int64_t kSmallFilter = 1 << 13;
constexpr int64_t kSmallBfloat16 = 1 << 16;

ConstFloats values(const float* data, int64_t size) { return {data, static_cast<size_t>(size)}; }

/** Calls f(pixel of the input, pixel of the output) for a convolution with a 1×1 filter, in an order that threads share. */
template <class F>
void overPixels(const Shape& s, F&& f) {
  parallelFor(s.n * s.oh, s.outputSize(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t above = row / s.oh * s.h + row % s.oh * s.sh;
      for (int64_t ow = 0; ow < s.ow; ow++) f(above * s.w + ow * s.sw, row * s.ow + ow);
    }
  });
}

/** The pixels of x that a convolution with a 1×1 filter uses, one after another. */
const float* usedPixels(const Shape& s, const float* x) {
  if (!s.isStrided()) return x;
  float* used = scratch<float>(Scratch::kPixels, static_cast<size_t>(s.n * s.oh * s.ow * s.c));
  overPixels(s, [&](int64_t from, int64_t to) { std::copy_n(x + from * s.c, s.c, used + to * s.c); });
  return used;
}

/** Puts the gradients of those pixels in their places; that of the others is zero. */
void placePixels(const Shape& s, const float* used, float* dx) {
  parallelFor(s.n * s.h, s.inputSize(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t ih = row % s.h;
      float* to = dx + row * s.w * s.c;
      std::fill_n(to, s.w * s.c, 0.0f);
      if (ih % s.sh != 0 || ih / s.sh >= s.oh) continue;
      const float* from = used + (row / s.h * s.oh + ih / s.sh) * s.ow * s.c;
      for (int64_t ow = 0; ow < s.ow; ow++) std::copy_n(from + ow * s.c, s.c, to + ow * s.sw * s.c);
    }
  });
}

Key keyOf(Ints shape, int variant) {
  Key key(shape.data, shape.data + shape.size);
  key.push_back(variant);
  key.push_back(threads());
  return key;
}

template <class P>
dnnl::memory filterFor(P& prepared, const Shape& s, ConstFloats filter) {
  const dnnl::memory plain = at(s.filter(), filter.data);
  if (!prepared.repacks) return plain;
  const dnnl::memory packed = prepared.packed();
  reorder(plain, packed);
  return packed;
}

}  // namespace

void convolution(Ints shape, ConstFloats x, ConstFloats filter, ConstFloats bias, Floats y, int64_t activation, double alpha) {
  static thread_local Cache<Forward> cache(kCachedShapes);
  const Shape s(shape);
  require(x, s.inputSize(), "x");
  require(filter, s.filterSize(), "filter");
  require(y, s.outputSize(), "y");
  if (bias) require(bias, s.k, "bias");
  const Epilogue epilogue{bias.data, activationOf(activation), static_cast<float>(alpha)};
  if (s.isProduct()) {
    const int64_t pixels = s.n * s.oh * s.ow;
    const float* used = usedPixels(s, x.data);
    if (kHasProducts && !usesBfloat16()) return pointwise(used, filter.data, y.data, pixels, s.c, s.k, false, epilogue);
    matmul(values(used, pixels * s.c), filter, y, 1, pixels, s.k, s.c, false, false, false, false);
    return biasActivation(y, bias, activation, alpha);
  }
  Forward& forward = cache.get(keyOf(shape, bias ? 1 : 0), [&] { return Forward(s, static_cast<bool>(bias)); });
  std::unordered_map<int, dnnl::memory> arguments = {{DNNL_ARG_SRC, at(s.input(), x.data)},
                                                     {DNNL_ARG_WEIGHTS, filterFor(forward, s, filter)},
                                                     {DNNL_ARG_DST, at(s.output(), y.data)}};
  if (bias) arguments.emplace(DNNL_ARG_BIAS, at({{s.k}, Type::f32, Tag::x}, bias.data));
  forward.primitive.execute(stream(), arguments);
  stream().wait();
  // Not by oneDNN, whose relu makes a number of NaN.
  biasActivation(y, {}, activation, alpha);
}

void convolutionBackwardInput(Ints shape, ConstFloats dy, ConstFloats filter, Floats dx) {
  static thread_local Cache<BackwardData> cache(kCachedShapes);
  const Shape s(shape);
  require(dy, s.outputSize(), "dy");
  require(filter, s.filterSize(), "filter");
  require(dx, s.inputSize(), "dx");
  if (s.isProduct()) {
    const int64_t pixels = s.n * s.oh * s.ow, size = pixels * s.c;
    float* used = s.isStrided() ? scratch<float>(Scratch::kPixels, static_cast<size_t>(size)) : dx.data;
    if (kHasProducts && !usesBfloat16()) {
      pointwise(dy.data, filter.data, used, pixels, s.k, s.c, true, {});
    } else {
      matmul(dy, filter, Floats{used, static_cast<size_t>(size)}, 1, pixels, s.c, s.k, false, true, false, false);
    }
    if (s.isStrided()) placePixels(s, used, dx.data);
    return;
  }
  BackwardData& backward = cache.get(keyOf(shape, 0), [&] { return BackwardData(s); });
  backward.primitive.execute(stream(), {{DNNL_ARG_DIFF_DST, at(s.output(), dy.data)},
                                        {DNNL_ARG_WEIGHTS, filterFor(backward, s, filter)},
                                        {DNNL_ARG_DIFF_SRC, at(s.input(), dx.data)}});
  stream().wait();
}

void convolutionBackwardFilter(Ints shape, ConstFloats x, ConstFloats dy, Floats dfilter) {
  static thread_local Cache<BackwardWeights> cache(kCachedShapes);
  const Shape s(shape);
  require(x, s.inputSize(), "x");
  require(dy, s.outputSize(), "dy");
  require(dfilter, s.filterSize(), "dfilter");
  if (s.isProduct() && s.filterSize() > (usesBfloat16() ? kSmallBfloat16 : kSmallFilter)) {
    const int64_t pixels = s.n * s.oh * s.ow;
    const ConstFloats used = values(usedPixels(s, x.data), pixels * s.c);
    return matmul(used, dy, dfilter, 1, s.c, s.k, pixels, true, false, false, false);
  }
  BackwardWeights& backward = cache.get(keyOf(shape, 0), [&] { return BackwardWeights(s); });
  const dnnl::memory plain = at(s.filter(), dfilter.data);
  const dnnl::memory packed = backward.repacks ? backward.packed() : plain;
  backward.primitive.execute(stream(), {{DNNL_ARG_SRC, at(s.input(), x.data)},
                                        {DNNL_ARG_DIFF_DST, at(s.output(), dy.data)},
                                        {DNNL_ARG_DIFF_WEIGHTS, packed}});
  if (backward.repacks) reorder(packed, plain);
  stream().wait();
}

}  // namespace roga
