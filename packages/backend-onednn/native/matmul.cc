#include "matmul.h"

#include "onednn.h"
#include "outer-product.h"
#include "parallel.h"
#include "product-tile.h"
#include "scratch.h"

namespace roga {

namespace {

thread_local Precision precision = Precision::kFloat32;

/** The shape of a product, which decides the primitive. */
struct Product {
  int64_t batch, m, n, k;
  bool transposeA, transposeB, sharedA, sharedB;
  Precision precision;

  Key key() const {
    const int flags = transposeA | transposeB << 1 | sharedA << 2 | sharedB << 3 | (precision == Precision::kBfloat16) << 4;
    return {batch, m, n, k, flags, threads()};
  }
  Type type() const { return precision == Precision::kBfloat16 ? Type::bf16 : Type::f32; }

  static dnnl::memory::desc matrix(int64_t batch, int64_t rows, int64_t columns, bool transposed, Type type) {
    if (batch == 1) return {{rows, columns}, type, transposed ? Tag::ba : Tag::ab};
    return {{batch, rows, columns}, type, transposed ? Tag::acb : Tag::abc};
  }
  // A batch of shared matrices has one along the batch axis, which oneDNN repeats.
  dnnl::memory::desc a(Type type) const {
    if (batch > 1 && sharedA) return {{1, m, k}, type, transposeA ? Tag::acb : Tag::abc};
    return matrix(batch, m, k, transposeA, type);
  }
  dnnl::memory::desc b(Type type) const {
    if (batch > 1 && sharedB) return {{1, k, n}, type, transposeB ? Tag::acb : Tag::abc};
    return matrix(batch, k, n, transposeB, type);
  }
  dnnl::memory::desc out() const { return matrix(batch, m, n, false, Type::f32); }
};

/** A product whose second operand oneDNN may want packed, in memory that all products share. */
struct Prepared {
  dnnl::matmul primitive;
  dnnl::memory::desc layoutB;
  bool packsB;

  explicit Prepared(const Product& p) {
    dnnl::memory::desc anyB({p.k, p.n}, p.type(), Tag::any);
    if (p.batch > 1) anyB = p.b(p.type());
#if DNNL_VERSION_MAJOR >= 3
    dnnl::matmul::primitive_desc description(engine(), p.a(p.type()), anyB, p.out());
#else
    dnnl::matmul::primitive_desc description({p.a(p.type()), anyB, p.out()}, engine());
#endif
    primitive = dnnl::matmul(description);
    layoutB = description.weights_desc();
    packsB = layoutB != p.b(Type::f32);
  }
};

}  // namespace

void setBfloat16(bool on) {
  if (on) Prepared probe({1, 16, 16, 16, false, false, false, false, Precision::kBfloat16});
  precision = on ? Precision::kBfloat16 : Precision::kFloat32;
}

bool usesBfloat16() { return precision == Precision::kBfloat16; }

void matmul(ConstFloats a, ConstFloats b, Floats out, int64_t batch, int64_t m, int64_t n, int64_t k, bool transposeA,
            bool transposeB, bool sharedA, bool sharedB) {
  static thread_local Cache<Prepared> cache(kCachedShapes);
  if (batch < 1 || m < 1 || n < 1 || k < 1) throw ArgumentError("expected a batch and matrices of at least one element");
  require(a, product({sharedA ? 1 : batch, m, k}), "a");
  require(b, product({sharedB ? 1 : batch, k, n}), "b");
  require(out, product({batch, m, n}), "out");
  // oneDNN transposes a first, which costs a good part of a product with a short result.
  if (kHasProducts && batch == 1 && transposeA && !transposeB && !usesBfloat16() && m >= 8 && n >= kLanes && k >= 32) {
    return outerProduct(a, b, out, k, m, n);
  }
  const Product product{batch, m, n, k, transposeA, transposeB, sharedA, sharedB, precision};
  Prepared& prepared = cache.get(product.key(), [&] { return Prepared(product); });
  dnnl::memory source = at(product.a(Type::f32), a.data);
  if (product.precision == Precision::kBfloat16) {
    const dnnl::memory::desc narrow = product.a(Type::bf16);
    const dnnl::memory converted = at(narrow, scratch(Scratch::kA, narrow.get_size()));
    reorder(source, converted);
    source = converted;
  }
  dnnl::memory weights = at(product.b(Type::f32), b.data);
  if (prepared.packsB) {
    const dnnl::memory packed = at(prepared.layoutB, scratch(Scratch::kB, prepared.layoutB.get_size()));
    reorder(weights, packed);
    weights = packed;
  }
  prepared.primitive.execute(
      stream(), {{DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, at(product.out(), out.data)}});
  stream().wait();
}

}  // namespace roga
