// Exponential and logarithm of floats as straight-line code, without branches or calls, so that compilers turn a loop over
// them into vector instructions. Within 2 units in the last place of the exact value; infinities, NaN and denormal numbers
// come out as the C library gives them. Cody and Waite's reduction and short polynomials over the reduced range.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace roga {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

inline uint32_t bitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline float fromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

namespace detail {

/** x = n ln 2 + r with |r| ≤ ln 2 / 2; n as an integer and as a float. A NaN stays one in r. */
struct Reduced {
  float r, n;
  uint32_t integer;
};

inline Reduced reduce(float x) {
  // Adding 1.5 · 2²³ leaves the nearest integer in the low bits.
  constexpr float magic = 12582912.0f;
  const float shifted = x * 1.44269504089f + magic;
  const float n = shifted - magic;
  // ln 2 in two parts, the first with few enough bits that its products with n are exact.
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  return {r, n, bitsOf(shifted) - bitsOf(magic)};
}

/** 2ⁿ for −126 ≤ n ≤ 127. */
inline float powerOfTwo(uint32_t n) { return fromBits((n + 127u) << 23); }

/** eʳ − 1 − r over r² for |r| ≤ ln 2 / 2. */
inline float exponentialTail(float r) {
  float p = 1.9841270e-4f;
  p = p * r + 1.3888889e-3f;
  p = p * r + 8.3333333e-3f;
  p = p * r + 4.1666667e-2f;
  p = p * r + 1.6666667e-1f;
  return p * r + 0.5f;
}

}  // namespace detail

/** eˣ. */
inline float exponential(float x) {
  float bounded = x < -104.0f ? -104.0f : x;
  bounded = bounded > 89.0f ? 89.0f : bounded;
  const detail::Reduced reduced = detail::reduce(bounded);
  const float r = reduced.r;
  const float p = 1.0f + (r + r * r * detail::exponentialTail(r));
  // In two factors, as 2ⁿ itself may be no normal number.
  const uint32_t half = static_cast<uint32_t>(static_cast<int32_t>(reduced.integer) >> 1);
  return p * detail::powerOfTwo(half) * detail::powerOfTwo(reduced.integer - half);
}

/** eˣ − 1, to full relative precision around 0. */
inline float exponentialMinusOne(float x) {
  float bounded = x < -25.0f ? -25.0f : x;
  bounded = bounded > 89.0f ? 89.0f : bounded;
  const detail::Reduced reduced = detail::reduce(bounded);
  const float r = reduced.r;
  const float p = r + r * r * detail::exponentialTail(r);
  // 2ⁿ (p + 1) − 1, by halves so that n = 128 is in range.
  const float scale = detail::powerOfTwo(reduced.integer - 1u);
  const float result = (scale * p + (scale - 0.5f)) * 2.0f;
  return x == 0.0f ? x : result;
}

/** ln x. */
inline float logarithm(float x) {
  const bool tiny = x < 1.17549435e-38f;
  const float scaled = tiny ? x * 8388608.0f : x;
  // x = m 2ⁿ with m from √½ to √2.
  const uint32_t shifted = bitsOf(scaled) - 0x3f3504f3u;
  const float n = static_cast<float>(static_cast<int32_t>(shifted) >> 23) - (tiny ? 23.0f : 0.0f);
  const float t = fromBits((shifted & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  const float square = t * t;
  float p = 7.0376836292e-2f;
  p = p * t - 1.1514610310e-1f;
  p = p * t + 1.1676998740e-1f;
  p = p * t - 1.2420140846e-1f;
  p = p * t + 1.4249322787e-1f;
  p = p * t - 1.6668057665e-1f;
  p = p * t + 2.0000714765e-1f;
  p = p * t - 2.4999993993e-1f;
  p = p * t + 3.3333331174e-1f;
  const float tail = p * t * square + n * -2.12194440e-4f - 0.5f * square;
  float result = t + tail + n * 0.693359375f;
  result = x == kInfinity ? kInfinity : result;
  result = x == 0.0f ? -kInfinity : result;
  return x >= 0.0f ? result : kNaN;
}

/** ln(1 + x), to full relative precision around 0. */
inline float logarithmOfOnePlus(float x) {
  const float u = 1.0f + x;
  // What rounding u took away, to first order.
  const float correction = (x - (u - 1.0f)) / u;
  const float result = logarithm(u) + correction;
  return u == 1.0f || x == kInfinity ? x : (x == -1.0f ? -kInfinity : result);
}

/** 1 / (1 + e⁻ˣ), by the exponential that cannot overflow. */
inline float sigmoidOf(float x) {
  const float e = exponential(-std::fabs(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/** tanh x, by e²ˣ − 1 of the absolute value. */
inline float tanhOf(float x) {
  const float absolute = std::fabs(x);
  const float bounded = absolute > 10.0f ? 10.0f : absolute;
  const float e = exponentialMinusOne(2.0f * bounded);
  return std::copysign(e / (e + 2.0f), x);
}

}  // namespace roga
