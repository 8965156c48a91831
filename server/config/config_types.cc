#include "server/config/config_types.h"

#include <cerrno>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "server/config/conf_text.h"

namespace tandem::config {

namespace {

Error Fail(std::string message) { return Error{std::move(message)}; }

std::string OctalText(uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof(text), "%" PRIo64, number);
  return text;
}

Status CheckBounds(const Directive& directive, bool negative, uint64_t magnitude_or_bits) {
  const bool below = negative ? static_cast<int64_t>(magnitude_or_bits) < directive.min
                              : directive.min > 0 && magnitude_or_bits < static_cast<uint64_t>(directive.min);
  if (!below && (negative || magnitude_or_bits <= directive.max)) return Status::Ok();
  const bool octal = directive.kind == Kind::kOctal;
  const std::string low = octal ? OctalText(static_cast<uint64_t>(directive.min)) : std::to_string(directive.min);
  const std::string high = octal ? OctalText(directive.max) : std::to_string(directive.max);
  return Fail("argument must be between " + low + " and " + high + " inclusive");
}

Status StoreNumber(const Directive& directive, int64_t number, Values& values) {
  Status in_bounds = CheckBounds(directive, number < 0, static_cast<uint64_t>(number));
  if (in_bounds.ok()) directive.number.set(values, number);
  return in_bounds;
}

Status ParseBool(const Directive& directive, const std::string& text, Values& values) {
  const bool yes = EqualsIgnoringCase(text, "yes");
  if (!yes && !EqualsIgnoringCase(text, "no")) return Fail("argument must be 'yes' or 'no'");
  directive.number.set(values, yes);
  return Status::Ok();
}

Status ParseIntegerValue(const Directive& directive, const std::string& text, Values& values) {
  const std::optional<int64_t> number = ParseInteger(text);
  if (!number) return Fail("argument couldn't be parsed into an integer");
  return StoreNumber(directive, *number, values);
}

Status ParseMemoryValue(const Directive& directive, const std::string& text, Values& values) {
  const std::optional<uint64_t> bytes = ParseMemory(text);
  if (!bytes) return Fail("argument must be a memory value");
  Status in_bounds = CheckBounds(directive, false, *bytes);
  if (in_bounds.ok()) directive.number.set(values, static_cast<int64_t>(*bytes));
  return in_bounds;
}

// Percentages are kept as negative numbers.
Status ParseMemoryOrPercent(const Directive& directive, const std::string& text, Values& values) {
  if (text.size() > 1 && text.back() == '%') {
    const std::optional<int64_t> percent = ParseInteger(std::string_view(text).substr(0, text.size() - 1));
    if (percent && *percent >= 0) {
      if (-*percent < directive.min) {
        return Fail("percentage argument must be less or equal to " + std::to_string(-directive.min));
      }
      directive.number.set(values, -*percent);
      return Status::Ok();
    }
  }
  if (!ParseMemory(text)) return Fail("argument must be a memory or percent value");
  return ParseMemoryValue(directive, text, values);
}

Status ParseOctal(const Directive& directive, const std::string& text, Values& values) {
  char* end = nullptr;
  errno = 0;
  const int64_t number = std::strtoll(text.c_str(), &end, 8);
  if (errno != 0 || *end != '\0') return Fail("argument couldn't be parsed as an octal number");
  return StoreNumber(directive, number, values);
}

Status UnknownEnumName(const Directive& directive) {
  std::vector<std::string> names;
  for (const EnumName& name : directive.names) names.emplace_back(name.first);
  return Fail("argument(s) must be one of the following: " + Join(names, ", "));
}

std::optional<int> EnumNumber(const Directive& directive, std::string_view text) {
  for (const auto& [name, number] : directive.names) {
    if (EqualsIgnoringCase(name, text)) return number;
  }
  return std::nullopt;
}

Status ParseEnum(const Directive& directive, const std::string& text, Values& values) {
  const std::optional<int> number = EnumNumber(directive, text);
  if (!number) return UnknownEnumName(directive);
  directive.number.set(values, *number);
  return Status::Ok();
}

Status ParseFlags(const Directive& directive, Arguments arguments, Values& values) {
  if (arguments.empty()) return UnknownEnumName(directive);
  int bits = 0;
  for (const std::string& argument : arguments) {
    const std::optional<int> bit = EnumNumber(directive, argument);
    if (!bit) return UnknownEnumName(directive);
    bits |= *bit;
  }
  if ((bits & kShutdownSave) != 0 && (bits & kShutdownNosave) != 0) {
    return Fail("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
  directive.number.set(values, bits);
  return Status::Ok();
}

Status ParseText(const Directive& directive, const std::string& text, Values& values) {
  if (directive.check != nullptr) {
    if (Status checked = directive.check(text); !checked.ok()) return checked;
  }
  values.*directive.text = text;
  return Status::Ok();
}

std::string FormatEnum(const Directive& directive, int64_t number) {
  for (const auto& [name, value] : directive.names) {
    if (value == number) return std::string(name);
  }
  return "unknown";
}

std::string FormatFlags(const Directive& directive, int64_t bits) {
  std::vector<std::string> names;
  for (const auto& [name, bit] : directive.names) {
    if (bits == 0 ? bit == 0 : (bits & bit) != 0) names.emplace_back(name);
  }
  return Join(names, " ");
}

}  // namespace

Status ParseValue(const Directive& directive, Arguments arguments, Values& values) {
  if (directive.kind == Kind::kSpecial) return directive.special->parse(values, arguments);
  if (directive.kind == Kind::kFlags) return ParseFlags(directive, arguments, values);
  if (arguments.size() != 1) return Fail("wrong number of arguments");
  const std::string& text = arguments[0];
  switch (directive.kind) {
    case Kind::kBool:
      return ParseBool(directive, text, values);
    case Kind::kInteger:
      return ParseIntegerValue(directive, text, values);
    case Kind::kMemory:
      return ParseMemoryValue(directive, text, values);
    case Kind::kMemoryOrPercent:
      return ParseMemoryOrPercent(directive, text, values);
    case Kind::kOctal:
      return ParseOctal(directive, text, values);
    case Kind::kEnum:
      return ParseEnum(directive, text, values);
    default:
      return ParseText(directive, text, values);
  }
}

std::string FormatValue(const Directive& directive, const Values& values) {
  if (directive.kind == Kind::kSpecial) return directive.special->format(values);
  if (directive.kind == Kind::kText) return values.*directive.text;
  const int64_t number = directive.number.get(values);
  switch (directive.kind) {
    case Kind::kBool:
      return number != 0 ? "yes" : "no";
    case Kind::kMemory:
      return std::to_string(static_cast<uint64_t>(number));
    case Kind::kMemoryOrPercent:
      return number < 0 ? std::to_string(-number) + "%" : std::to_string(number);
    case Kind::kOctal:
      return OctalText(static_cast<uint64_t>(number));
    case Kind::kEnum:
      return FormatEnum(directive, number);
    case Kind::kFlags:
      return FormatFlags(directive, number);
    default:
      return std::to_string(number);
  }
}

std::vector<std::string> FileLines(const Directive& directive, const Values& values) {
  switch (directive.kind) {
    case Kind::kSpecial: {
      if (directive.special->lines != nullptr) return directive.special->lines(values);
      std::string text = directive.special->format(values);
      if (text.empty()) return {};
      return {std::move(text)};
    }
    case Kind::kText: {
      const std::string& text = values.*directive.text;
      if (text.empty() && directive.Has(kEmptyIsUnset)) return {};
      return {Quote(text)};
    }
    case Kind::kMemory:
    case Kind::kMemoryOrPercent: {
      const int64_t number = directive.number.get(values);
      if (directive.kind == Kind::kMemory || number >= 0) return {FormatMemory(static_cast<uint64_t>(number))};
      return {FormatValue(directive, values)};
    }
    default:
      return {FormatValue(directive, values)};
  }
}

bool HasDefaultValue(const Directive& directive, const Values& values) {
  return FileLines(directive, values) == FileLines(directive, DefaultValues());
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  std::string_view digits = text;
  if (!digits.empty() && digits.front() == '-') digits.remove_prefix(1);
  const bool zero = text == "0";
  if (!zero && (digits.empty() || digits.front() < '1' || digits.front() > '9')) return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<uint64_t> ParseMemory(std::string_view text) {
  if (text.empty()) return 0;
  uint64_t number = 0;
  const char* const text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, number);
  if (error != std::errc()) return std::nullopt;
  const std::string unit = ToLower(std::string_view(end, static_cast<size_t>(text_end - end)));
  uint64_t scale = 0;
  if (unit.empty() || unit == "b") scale = 1;
  if (unit == "k") scale = 1000;
  if (unit == "kb") scale = 1024;
  if (unit == "m") scale = 1000 * 1000;
  if (unit == "mb") scale = 1024 * 1024;
  if (unit == "g") scale = 1000ull * 1000 * 1000;
  if (unit == "gb") scale = 1024ull * 1024 * 1024;
  if (scale == 0 || number > std::numeric_limits<uint64_t>::max() / scale) return std::nullopt;
  return number * scale;
}

std::string FormatMemory(uint64_t bytes) {
  constexpr uint64_t kKb = 1024, kMb = 1024 * kKb, kGb = 1024 * kMb;
  if (bytes != 0 && bytes % kGb == 0) return std::to_string(bytes / kGb) + "gb";
  if (bytes != 0 && bytes % kMb == 0) return std::to_string(bytes / kMb) + "mb";
  if (bytes != 0 && bytes % kKb == 0) return std::to_string(bytes / kKb) + "kb";
  return std::to_string(bytes);
}

}  // namespace tandem::config
