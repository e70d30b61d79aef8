// A tiny addon of its own, compiled for the plainest processor of its family: it says which level of instructions this
// processor and operating system have, before any code that needs one is loaded. The levels are those of the x86-64
// psABI. Exports `level` ("v4", "v3", "v2", "v1"; "base" on other families).
#include <node_api.h>

#if defined(__x86_64__) || defined(_M_X64)
#define ROGA_X64 1
#ifdef _MSC_VER
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace {

#ifdef ROGA_X64

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf) {
  Registers r;
#ifdef _MSC_VER
  int out[4];
  __cpuid(out, static_cast<int>(leaf & 0x80000000u));
  if (static_cast<unsigned>(out[0]) < leaf) return r;
  __cpuidex(out, static_cast<int>(leaf), 0);
  r = {static_cast<unsigned>(out[0]), static_cast<unsigned>(out[1]), static_cast<unsigned>(out[2]),
       static_cast<unsigned>(out[3])};
#else
  // Leaves all registers 0 where the processor does not know the leaf.
  __get_cpuid_count(leaf, 0, &r.a, &r.b, &r.c, &r.d);
#endif
  return r;
}

/** Which registers the operating system saves when it switches threads; valid where OSXSAVE is set. */
unsigned long long savedState() {
#ifdef _MSC_VER
  return _xgetbv(0);
#else
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<unsigned long long>(high) << 32 | low;
#endif
}

constexpr unsigned bits() { return 0; }
template <class... Rest>
constexpr unsigned bits(unsigned first, Rest... rest) {
  return 1u << first | bits(rest...);
}
bool has(unsigned word, unsigned mask) { return (word & mask) == mask; }

const char* level() {
  const Registers basic = cpuid(1), more = cpuid(7), extended = cpuid(0x80000001u);
  // SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF in 64-bit mode.
  if (!has(basic.c, bits(0, 9, 13, 19, 20, 23)) || !has(extended.c, bits(0))) return "v1";
  // FMA, MOVBE, OSXSAVE, AVX, F16C; LZCNT; BMI1, AVX2, BMI2; the system saves xmm and ymm.
  if (!has(basic.c, bits(12, 22, 27, 28, 29)) || !has(extended.c, bits(5)) || !has(more.b, bits(3, 5, 8))) return "v2";
  const unsigned long long saved = savedState();
  if ((saved & 0x06) != 0x06) return "v2";
  // AVX-512 F, DQ, CD, BW, VL; the system saves the mask registers and zmm as well.
  if (!has(more.b, bits(16, 17, 28, 30, 31)) || (saved & 0xe6) != 0xe6) return "v3";
  return "v4";
}

#else

const char* level() { return "base"; }

#endif

}  // namespace

NAPI_MODULE_INIT() {
  napi_value value;
  if (napi_create_string_utf8(env, level(), NAPI_AUTO_LENGTH, &value) != napi_ok ||
      napi_set_named_property(env, exports, "level", value) != napi_ok) {
    napi_throw_error(env, nullptr, "the level of instructions could not be told");
  }
  return exports;
}
