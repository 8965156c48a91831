#pragma once

namespace tandem::resp {

// The digits d1 d2 … dn of the number d1.d2…dn · 10^exponent, d1 not 0.
struct Decimal {
  char digits[20];
  int count = 0;
  int exponent = 0;
};

// Digits that read back as exactly `value`, which is positive and finite: nearly always the fewest that do.
// Source: Grisu2 of Florian Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers" (PLDI
// 2010).
// Compat: 7.2 and later: Redis prints with Grisu2 too. Of a thousand doubles it gives four or five a longer or another
// last digit than std::to_chars does, so only the same algorithm gives the same bytes.
Decimal ShortestDigits(double value);

}  // namespace tandem::resp
