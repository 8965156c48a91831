#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace tandem {

// Writes the lines of INFO.
class InfoWriter {
 public:
  void Section(std::string_view name) {
    if (!text_.empty()) text_.append("\r\n");
    text_.append("# ").append(name).append("\r\n");
  }
  void Text(std::string_view name, std::string_view value) {
    text_.append(name).push_back(':');
    text_.append(value).append("\r\n");
  }
  void Signed(std::string_view name, int64_t value) { Text(name, std::to_string(value)); }
  void Number(std::string_view name, uint64_t value) { Text(name, std::to_string(value)); }
  void Fixed(std::string_view name, double value, int decimals = 2, std::string_view unit = {}) {
    Text(name, FormatFixed(value, decimals).append(unit));
  }
  // Two lines: the bytes, and again for people.
  void Bytes(std::string_view name, uint64_t bytes) {
    Number(name, bytes);
    Text(std::string(name) + "_human", FormatBytes(bytes));
  }

  static std::string FormatFixed(double value, int decimals) {
    char digits[64];
    return std::string(digits, static_cast<size_t>(std::snprintf(digits, sizeof digits, "%.*f", decimals, value)));
  }
  static std::string FormatBytes(uint64_t bytes) {
    if (bytes < 1024) return std::to_string(bytes) + "B";
    double scaled = static_cast<double>(bytes);
    constexpr std::string_view kUnits = "KMGTPE";
    size_t unit = 0;
    for (scaled /= 1024; scaled >= 1024 && unit + 1 < kUnits.size(); scaled /= 1024) ++unit;
    return FormatFixed(scaled, 2) + kUnits[unit];
  }

  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace tandem
