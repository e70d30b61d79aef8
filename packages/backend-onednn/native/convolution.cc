// Convolutions over NHWC tensors and HWIO filters by oneDNN's convolution primitives; depthwise ones are groups of one
// channel. oneDNN may want the filter in a layout of its own: it is reordered at every call, since it is small and
// changes at every training step. A convolution with a 1×1 filter is a matrix product, for which there are better ways.
#include "convolution.h"

#include <cstring>

#include "convolution-shape.h"
#include "epilogue.h"
#include "matmul.h"
#include "onednn.h"
#include "parallel.h"
#include "pointwise.h"
#include "scratch.h"

namespace roga {

namespace {

/** A shape in oneDNN's terms. What a primitive reads may be of another type than float32, which results always are. */
struct Shape : ConvolutionShape {
  using ConvolutionShape::ConvolutionShape;

  dnnl::memory::desc input(Type type = Type::f32) const { return {{n, c, h, w}, type, Tag::nhwc}; }
  dnnl::memory::desc output(Type type = Type::f32) const { return {{n, k, oh, ow}, type, Tag::nhwc}; }
  dnnl::memory::desc filter() const { return filter(groups > 1 ? Tag::hwigo : Tag::hwio, Type::f32); }
  dnnl::memory::desc anyFilter(Type type = Type::f32) const { return filter(Tag::any, type); }
  dnnl::memory::dims strides() const { return {sh, sw}; }
  dnnl::memory::dims dilations() const { return {dh - 1, dw - 1}; }
  dnnl::memory::dims before() const { return {top, left}; }
  dnnl::memory::dims after() const { return {bottom, right}; }

 private:
  dnnl::memory::desc filter(Tag tag, Type type) const {
    if (groups > 1) return {{groups, k / groups, c / groups, kh, kw}, type, tag};
    return {{k, c, kh, kw}, type, tag};
  }
};

#if DNNL_VERSION_MAJOR >= 3

dnnl::convolution_forward::primitive_desc describeForward(const Shape& s, bool bias, Type type) {
  const auto kind = dnnl::prop_kind::forward_training;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::memory::desc b = bias ? dnnl::memory::desc({s.k}, Type::f32, Tag::x) : dnnl::memory::desc();
  return {engine(), kind, algorithm, s.input(type), s.anyFilter(type), b, s.output(), s.strides(), s.dilations(), s.before(), s.after()};
}

dnnl::convolution_backward_data::primitive_desc describeBackwardData(const Shape& s, Type type) {
  return {engine(),    dnnl::algorithm::convolution_direct, s.input(), s.anyFilter(type), s.output(type), s.strides(),
          s.dilations(), s.before(), s.after(), describeForward(s, false, type)};
}

dnnl::convolution_backward_weights::primitive_desc describeBackwardWeights(const Shape& s, Type type) {
  return {engine(),    dnnl::algorithm::convolution_direct, s.input(type), s.anyFilter(), s.output(type), s.strides(),
          s.dilations(), s.before(), s.after(), describeForward(s, false, type)};
}

#else

dnnl::convolution_forward::primitive_desc describeForward(const Shape& s, bool bias, Type type) {
  const auto kind = dnnl::prop_kind::forward_training;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  using Desc = dnnl::convolution_forward::desc;
  if (bias) {
    const dnnl::memory::desc b({s.k}, Type::f32, Tag::x);
    return {Desc(kind, algorithm, s.input(type), s.anyFilter(type), b, s.output(), s.strides(), s.dilations(), s.before(), s.after()), engine()};
  }
  return {Desc(kind, algorithm, s.input(type), s.anyFilter(type), s.output(), s.strides(), s.dilations(), s.before(), s.after()), engine()};
}

dnnl::convolution_backward_data::primitive_desc describeBackwardData(const Shape& s, Type type) {
  return {dnnl::convolution_backward_data::desc(dnnl::algorithm::convolution_direct, s.input(), s.anyFilter(type), s.output(type),
                                                s.strides(), s.dilations(), s.before(), s.after()),
          engine(), describeForward(s, false, type)};
}

dnnl::convolution_backward_weights::primitive_desc describeBackwardWeights(const Shape& s, Type type) {
  return {dnnl::convolution_backward_weights::desc(dnnl::algorithm::convolution_direct, s.input(type), s.anyFilter(), s.output(type),
                                                   s.strides(), s.dilations(), s.before(), s.after()),
          engine(), describeForward(s, false, type)};
}

#endif

/** describe(type) for bfloat16, if that is asked for and oneDNN has more for it than its reference; otherwise for float32. */
template <class Describe>
auto describeIn(bool bfloat16, Describe&& describe) {
  if (bfloat16) {
    try {
      auto description = describe(Type::bf16);
      if (std::strncmp(description.impl_info_str(), "ref", 3) != 0) return description;
    } catch (const dnnl::error&) {
      // Not every processor that has products in bfloat16 has convolutions of every shape in it.
    }
  }
  return describe(Type::f32);
}

/**
 * A primitive, the types that it reads, and the layout that it wants the filter in. Memory for the filter in another layout
 * than ours is one for all primitives: many shapes would otherwise keep as many copies.
 */
template <class Primitive>
struct Prepared {
  Primitive primitive;
  dnnl::memory::desc layout;
  bool repacks;

  template <class Description>
  Prepared(const Description& description, const dnnl::memory::desc& layout_, const Shape& s)
      : primitive(description), layout(layout_), repacks(layout_ != s.filter()) {}
  dnnl::memory packed() const { return at(layout, scratch(Scratch::kB, layout.get_size())); }
};

struct Forward : Prepared<dnnl::convolution_forward> {
  dnnl::memory::desc source;
  Forward(const Shape& s, bool bias, bool bfloat16)
      : Forward(describeIn(bfloat16, [&](Type type) { return describeForward(s, bias, type); }), s) {}
  Forward(const dnnl::convolution_forward::primitive_desc& d, const Shape& s)
      : Prepared(d, d.weights_desc(), s), source(d.src_desc()) {}
};
struct BackwardData : Prepared<dnnl::convolution_backward_data> {
  dnnl::memory::desc gradient;
  BackwardData(const Shape& s, bool bfloat16)
      : BackwardData(describeIn(bfloat16, [&](Type type) { return describeBackwardData(s, type); }), s) {}
  BackwardData(const dnnl::convolution_backward_data::primitive_desc& d, const Shape& s)
      : Prepared(d, d.weights_desc(), s), gradient(d.diff_dst_desc()) {}
};
struct BackwardWeights : Prepared<dnnl::convolution_backward_weights> {
  dnnl::memory::desc source, gradient;
  BackwardWeights(const Shape& s, bool bfloat16)
      : BackwardWeights(describeIn(bfloat16, [&](Type type) { return describeBackwardWeights(s, type); }), s) {}
  BackwardWeights(const dnnl::convolution_backward_weights::primitive_desc& d, const Shape& s)
      : Prepared(d, d.diff_weights_desc(), s), source(d.src_desc()), gradient(d.diff_dst_desc()) {}
};

/** Memory as a primitive reads it: our float32 numbers where they are, or rounded in a scratch slot. */
dnnl::memory read(const dnnl::memory::desc& wanted, const dnnl::memory::desc& plain, const float* data, Scratch slot) {
  const dnnl::memory numbers = at(plain, data);
  if (wanted == plain) return numbers;
  const dnnl::memory rounded = at(wanted, scratch(slot, wanted.get_size()));
  reorder(numbers, rounded);
  return rounded;
}

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

/**
 * Up to this many weights, oneDNN's convolution computes their gradient, a sum over many pixels, faster than our product of
 * matrices does: measured for oneDNN 2.6 on AVX-512.
 */
constexpr int64_t kSmallFilter = 1 << 13;

Key keyOf(Ints shape, bool bias) {
  Key key(shape.data, shape.data + shape.size);
  key.push_back((bias ? 1 : 0) | (usesBfloat16() ? 2 : 0));
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
    if (usesOwnProducts()) {
      return multiply({used, filter.data, y.data, pixels, s.c, s.k, false, epilogue, usesBfloat16()});
    }
    matmul(values(used, pixels * s.c), filter, y, 1, pixels, s.k, s.c, false, false, false, false);
    return biasActivation(y, bias, activation, alpha);
  }
  const bool hasBias = static_cast<bool>(bias);
  Forward& forward = cache.get(keyOf(shape, hasBias), [&] { return Forward(s, hasBias, usesBfloat16()); });
  std::unordered_map<int, dnnl::memory> arguments = {{DNNL_ARG_SRC, read(forward.source, s.input(), x.data, Scratch::kA)},
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
    if (usesOwnProducts()) {
      multiply({dy.data, filter.data, used, pixels, s.k, s.c, true, {}, usesBfloat16()});
    } else {
      matmul(dy, filter, Floats{used, static_cast<size_t>(size)}, 1, pixels, s.c, s.k, false, true, false, false);
    }
    if (s.isStrided()) placePixels(s, used, dx.data);
    return;
  }
  BackwardData& backward = cache.get(keyOf(shape, false), [&] { return BackwardData(s, usesBfloat16()); });
  backward.primitive.execute(stream(), {{DNNL_ARG_DIFF_DST, read(backward.gradient, s.output(), dy.data, Scratch::kA)},
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
  if (s.isProduct() && s.filterSize() > kSmallFilter) {
    const int64_t pixels = s.n * s.oh * s.ow;
    const ConstFloats used = values(usedPixels(s, x.data), pixels * s.c);
    return matmul(used, dy, dfilter, 1, s.c, s.k, pixels, true, false, false, false);
  }
  BackwardWeights& backward = cache.get(keyOf(shape, false), [&] { return BackwardWeights(s, usesBfloat16()); });
  const dnnl::memory plain = at(s.filter(), dfilter.data);
  const dnnl::memory packed = backward.repacks ? backward.packed() : plain;
  backward.primitive.execute(stream(), {{DNNL_ARG_SRC, read(backward.source, s.input(), x.data, Scratch::kA)},
                                        {DNNL_ARG_DIFF_DST, read(backward.gradient, s.output(), dy.data, Scratch::kC)},
                                        {DNNL_ARG_DIFF_WEIGHTS, packed}});
  if (backward.repacks) reorder(packed, plain);
  stream().wait();
}

}  // namespace roga
