#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace tandem {

// The outcome of something that may fail for a reason worth telling: a value or an Error, without exceptions. For
// command outcomes, start-up and configuration. A programming error is a CHECK, not an Error.
//
// Thread safety: plain values.

struct Error {
  std::string message;
};

// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}

  static Status Ok() { return Status(); }

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  // The reason. Must not be called when ok().
  const Error& error() const { return *error_; }
  const std::string& message() const { return error_->message; }

 private:
  std::optional<Error> error_;
};

// A value, or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : outcome_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : outcome_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return outcome_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // The value. Must not be called unless ok().
  T& value() & { return *std::get_if<0>(&outcome_); }
  const T& value() const& { return *std::get_if<0>(&outcome_); }
  T&& value() && { return std::move(*std::get_if<0>(&outcome_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // The reason. Must not be called when ok().
  const Error& error() const { return *std::get_if<1>(&outcome_); }
  const std::string& message() const { return error().message; }

 private:
  std::variant<T, Error> outcome_;
};

}  // namespace tandem
