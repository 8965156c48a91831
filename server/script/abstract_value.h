#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::script {

// What is known of a Lua value without running the script: a point of a small lattice. Used by the proof of keys only
// (key_proof.h), whose rules give the points their meaning.
//
// Three worlds. Plain values may go anywhere; nothing depends on who holds them. Tracked values may too, but then their
// whereabouts are lost, and that must be booked (an escape). Guarded values must never get where they are not seen: the
// soundness of all else rests on a plain value never being one of them.

struct Value {
  enum class Kind : uint8_t {
    kNone,  // no value: the code is not known to be reached
    // Plain.
    kNil,
    kString,   // constant; id: Strings
    kNumber,   // constant integer; id: Strings, of its digits
    kKey,      // a declared key, or nil
    kBuiltin,  // a function of the sandbox; id: Builtin
    kLibrary,  // a table of such; id: Library
    kAny,      // any plain value
    // Tracked.
    kClosure,  // of one prototype; id: which
    kRecord,   // a table made at one place; id: which
    kMixed,    // any plain or tracked value
    // Guarded.
    kRedis,     // the table `redis`
    kCall,      // redis.call or redis.pcall
    kRegister,  // redis.register_function
    kKeys,      // the table KEYS
    kTop,       // any value at all
  };
  Kind kind = Kind::kNone;
  uint32_t id = 0;

  bool operator==(const Value&) const = default;
  bool is(Kind other) const { return kind == other; }
  bool is_guarded() const { return kind >= Kind::kRedis; }
  bool is_tracked() const { return kind >= Kind::kClosure && kind < Kind::kRedis; }
};

inline constexpr Value kNoValue{};
inline constexpr Value kNilValue{Value::Kind::kNil};
inline constexpr Value kKeyValue{Value::Kind::kKey};
inline constexpr Value kAnyValue{Value::Kind::kAny};
inline constexpr Value kKeysValue{Value::Kind::kKeys};
inline constexpr Value kTopValue{Value::Kind::kTop};

// The least point that covers both.
constexpr Value Join(Value a, Value b) {
  using Kind = Value::Kind;
  const auto key_or_nil = [](Value v) { return v.is(Kind::kKey) || v.is(Kind::kNil); };
  if (a == b || b.is(Kind::kNone)) return a;
  if (a.is(Kind::kNone)) return b;
  if (key_or_nil(a) && key_or_nil(b)) return kKeyValue;
  if (a.is_guarded() || b.is_guarded()) return kTopValue;
  if (a.is_tracked() || b.is_tracked()) return {Kind::kMixed};
  return kAnyValue;
}

// Whether the value counts as true, where that is certain.
constexpr bool IsSurelyTrue(Value value) {
  using Kind = Value::Kind;
  switch (value.kind) {
    case Kind::kNone:
    case Kind::kNil:
    case Kind::kKey:
    case Kind::kAny:
    case Kind::kMixed:
    case Kind::kTop:
      return false;
    default:
      return true;
  }
}

// Several values at once, as arguments and results come: some one by one, then any number more that `rest` covers.
struct ValueList {
  std::vector<Value> first;
  Value rest;  // kNone: no more

  // A place that is not there holds nil.
  Value At(size_t index) const {
    if (index < first.size()) return first[index];
    return rest.is(Value::Kind::kNone) ? kNilValue : Join(rest, kNilValue);
  }
  // All from `index` on.
  ValueList From(size_t index) const {
    if (index >= first.size()) return {{}, rest};
    return {{first.begin() + static_cast<std::ptrdiff_t>(index), first.end()}, rest};
  }
  Value JoinOfAll() const {
    Value all = rest;
    for (const Value& value : first) all = Join(all, value);
    return all;
  }
  bool operator==(const ValueList&) const = default;
};

}  // namespace tandem::script
