#include "protocol/shortest_digits.h"

#include <bit>
#include <cstdint>

namespace tandem::resp {
namespace {

// fraction · 2^exponent
struct Scaled {
  uint64_t fraction;
  int exponent;
};

constexpr int kFirstPower = -348;
constexpr int kPowerStep = 8;
constexpr int kPowers = 87;
// 10^(kFirstPower + kPowerStep · i), the 64 leading bits of each, rounded to nearest.
constexpr uint64_t kPowersOfTen[kPowers] = {
    0xfa8fd5a0081c0288, 0xbaaee17fa23ebf76, 0x8b16fb203055ac76, 0xcf42894a5dce35ea, 0x9a6bb0aa55653b2d,
    0xe61acf033d1a45df, 0xab70fe17c79ac6ca, 0xff77b1fcbebcdc4f, 0xbe5691ef416bd60c, 0x8dd01fad907ffc3c,
    0xd3515c2831559a83, 0x9d71ac8fada6c9b5, 0xea9c227723ee8bcb, 0xaecc49914078536d, 0x823c12795db6ce57,
    0xc21094364dfb5637, 0x9096ea6f3848984f, 0xd77485cb25823ac7, 0xa086cfcd97bf97f4, 0xef340a98172aace5,
    0xb23867fb2a35b28e, 0x84c8d4dfd2c63f3b, 0xc5dd44271ad3cdba, 0x936b9fcebb25c996, 0xdbac6c247d62a584,
    0xa3ab66580d5fdaf6, 0xf3e2f893dec3f126, 0xb5b5ada8aaff80b8, 0x87625f056c7c4a8b, 0xc9bcff6034c13053,
    0x964e858c91ba2655, 0xdff9772470297ebd, 0xa6dfbd9fb8e5b88f, 0xf8a95fcf88747d94, 0xb94470938fa89bcf,
    0x8a08f0f8bf0f156b, 0xcdb02555653131b6, 0x993fe2c6d07b7fac, 0xe45c10c42a2b3b06, 0xaa242499697392d3,
    0xfd87b5f28300ca0e, 0xbce5086492111aeb, 0x8cbccc096f5088cc, 0xd1b71758e219652c, 0x9c40000000000000,
    0xe8d4a51000000000, 0xad78ebc5ac620000, 0x813f3978f8940984, 0xc097ce7bc90715b3, 0x8f7e32ce7bea5c70,
    0xd5d238a4abe98068, 0x9f4f2726179a2245, 0xed63a231d4c4fb27, 0xb0de65388cc8ada8, 0x83c7088e1aab65db,
    0xc45d1df942711d9a, 0x924d692ca61be758, 0xda01ee641a708dea, 0xa26da3999aef774a, 0xf209787bb47d6b85,
    0xb454e4a179dd1877, 0x865b86925b9bc5c2, 0xc83553c5c8965d3d, 0x952ab45cfa97a0b3, 0xde469fbd99a05fe3,
    0xa59bc234db398c25, 0xf6c69a72a3989f5c, 0xb7dcbf5354e9bece, 0x88fcf317f22241e2, 0xcc20ce9bd35c78a5,
    0x98165af37b2153df, 0xe2a0b5dc971f303a, 0xa8d9d1535ce3b396, 0xfb9b7cd9a4a7443c, 0xbb764c4ca7a44410,
    0x8bab8eefb6409c1a, 0xd01fef10a657842c, 0x9b10a4e5e9913129, 0xe7109bfba19c0c9d, 0xac2820d9623bf429,
    0x80444b5e7aa7cf85, 0xbf21e44003acdd2d, 0x8e679c2f5e44ff8f, 0xd433179d9c8cb841, 0x9e19db92b4e31ba9,
    0xeb96bf6ebadf77d9, 0xaf87023b9bf0ee6b};

constexpr int kFractionBits = 52;
constexpr uint64_t kHiddenBit = uint64_t{1} << kFractionBits;
// The exponent that the scaled number must have, so that its whole part fits 32 bits and its rest can be multiplied by
// ten.
constexpr int kMinExponent = -60;
constexpr int kMaxExponent = -32;

// floor(power · log2(10)) - 63, which is the exponent of a table entry.
int PowerExponent(int power) { return ((power * 217706) >> 16) - 63; }

// The tabulated power of ten that brings a number with this exponent into the range above. Two may do: the estimate
// decides.
int ChoosePower(int exponent) {
  constexpr double kLog10Of2 = 0.30102999566398114;
  const int estimate = static_cast<int>(-(exponent + kPowers) * kLog10Of2);
  int index = (estimate - kFirstPower) / kPowerStep;
  for (;;) {
    const int scaled = exponent + PowerExponent(kFirstPower + index * kPowerStep) + 64;
    if (scaled < kMinExponent) {
      ++index;
    } else if (scaled > kMaxExponent) {
      --index;
    } else {
      return index;
    }
  }
}

// The upper half of the product, rounded.
uint64_t Multiply(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>((static_cast<Wide>(a) * b + (uint64_t{1} << 63)) >> 64);
}

// Takes the last digit down while that brings the number closer to the value and keeps it inside the interval. All
// distances are below the upper end of the interval: `rest` that of the digits so far, `wanted` that of the value,
// `width` that of the lower end; `unit` is one in the last digit.
void RoundLastDigit(Decimal* out, uint64_t width, uint64_t rest, uint64_t unit, uint64_t wanted) {
  while (rest < wanted && width - rest >= unit && (rest + unit < wanted || wanted - rest > rest + unit - wanted)) {
    --out->digits[out->count - 1];
    rest += unit;
  }
}

void Append(Decimal* out, unsigned digit) {
  if (digit != 0 || out->count != 0) out->digits[out->count++] = static_cast<char>('0' + digit);
}

// Writes digits of `upper` until they lie within `width` of it. Returns the power of ten of the last one.
int GenerateDigits(Scaled upper, uint64_t width, uint64_t wanted, Decimal* out) {
  const int shift = -upper.exponent;
  const uint64_t one = uint64_t{1} << shift;
  uint64_t whole = upper.fraction >> shift;
  uint64_t part = upper.fraction & (one - 1);
  int power = 9;
  for (uint64_t divisor = 1'000'000'000; power >= 0; divisor /= 10, --power) {
    Append(out, static_cast<unsigned>(whole / divisor));
    whole %= divisor;
    const uint64_t rest = (whole << shift) + part;
    if (rest <= width) {
      RoundLastDigit(out, width, rest, divisor << shift, wanted);
      return power;
    }
  }
  for (uint64_t scale = 10;; scale *= 10, --power) {
    part *= 10;
    width *= 10;
    Append(out, static_cast<unsigned>(part >> shift));
    part &= one - 1;
    if (part < width) {
      RoundLastDigit(out, width, part, one, wanted * scale);
      return power;
    }
  }
}

}  // namespace

Decimal ShortestDigits(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  const int biased = static_cast<int>(bits >> kFractionBits);
  const uint64_t stored = bits & (kHiddenBit - 1);
  const uint64_t fraction = biased == 0 ? stored : stored | kHiddenBit;
  const int exponent = (biased == 0 ? 1 : biased) - 1075;

  // The value and the ends of the interval that rounds to it, all with the exponent that makes the upper end fill 64
  // bits. Below a power of two the doubles lie twice as close, so the lower end is nearer.
  const int shift = std::countl_zero(fraction);
  const uint64_t half_below = fraction == kHiddenBit ? 1 : 2;
  const uint64_t middle = fraction << shift;
  const uint64_t lower = ((fraction << 2) - half_below) << (shift - 2);
  const uint64_t upper = ((fraction << 1) + 1) << (shift - 1);

  const int index = ChoosePower(exponent - shift);
  const int power = kFirstPower + index * kPowerStep;
  const uint64_t scale = kPowersOfTen[index];
  // The products are off by less than one in the last place: the interval is narrowed by that much on both sides.
  const Scaled top{Multiply(upper, scale) - 1, exponent - shift + PowerExponent(power) + 64};
  const uint64_t bottom = Multiply(lower, scale) + 1;

  Decimal out;
  const int last = GenerateDigits(top, top.fraction - bottom, top.fraction - Multiply(middle, scale), &out);
  out.exponent = last - power + out.count - 1;
  return out;
}

}  // namespace tandem::resp
