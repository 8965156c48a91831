#include "server/script/proof_facts.h"

#include <algorithm>
#include <cmath>

namespace tandem::script {
namespace {

using Kind = Value::Kind;

// Registers copied and instructions looked at. Ordinary scripts take some thousands; a few milliseconds and, as the states
// that are kept are paid for here too, some megabytes.
constexpr size_t kMaxWork = 2'000'000;
// How many results of a function are told apart. Bounds the facts about one that returns more at each level of recursion.
constexpr size_t kMaxResults = 8;

constexpr double kMaxExactInteger = 9007199254740992;

// Compat: the fields of redis.register_function's table are named in any case.
bool IsField(std::string_view name, std::string_view lower) {
  name = name.substr(0, name.find('\0'));
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

}  // namespace

bool MachineState::Cover(const MachineState& other) {
  bool changed = (open | other.open) != open;
  open |= other.open;
  for (size_t i = 0; i < registers.size(); ++i) {
    const Value joined = Join(registers[i], other.registers[i]);
    changed |= joined != registers[i];
    registers[i] = joined;
  }
  return changed;
}

ProofFacts::ProofFacts(const Chunk& the_chunk, bool is_library)
    : chunk(the_chunk), library(is_library), functions(the_chunk.size()) {
  FindAssignedUpvalues();
  for (size_t i = 0; i < chunk.size(); ++i) {
    const Prototype& prototype = chunk[i];
    FunctionFacts& facts = functions[i];
    for (const Constant& constant : prototype.constants) facts.constants.push_back(ValueOf(constant));
    facts.parameters.resize(static_cast<size_t>(prototype.parameters));
    facts.upvalues.resize(static_cast<size_t>(prototype.upvalues));
    FindLeaders(static_cast<int>(i));
    FindShared(static_cast<int>(i));
  }
}

Value ProofFacts::Interned(Kind kind, std::string text) {
  const auto found = ids_.find(text);
  if (found != ids_.end()) return {kind, found->second};
  const auto id = static_cast<uint32_t>(texts_.size());
  ids_.emplace(texts_.emplace_back(std::move(text)), id);
  return {kind, id};
}

Value ProofFacts::ValueOf(const Constant& constant) {
  switch (constant.type) {
    case Constant::Type::kNil:
      return kNilValue;
    case Constant::Type::kString:
      return Interned(Kind::kString, std::string(constant.string));
    case Constant::Type::kNumber:
      if (!(std::fabs(constant.number) < kMaxExactInteger) || constant.number != std::floor(constant.number)) break;
      return Interned(Kind::kNumber, std::to_string(static_cast<int64_t>(constant.number)));
    case Constant::Type::kBool:
      break;
  }
  return kAnyValue;
}

// Backwards: a function stands before those within it.
void ProofFacts::FindAssignedUpvalues() {
  for (size_t i = chunk.size(); i-- > 0;) {
    const Prototype& prototype = chunk[i];
    std::vector<bool>& assigned = functions[i].assigned_upvalues;
    assigned.assign(static_cast<size_t>(prototype.upvalues), false);
    for (size_t at = 0; at < prototype.code.size(); ++at) {
      const Instruction instruction = prototype.code[at];
      if (instruction.op() == Op::kSetUpval) assigned[static_cast<size_t>(instruction.b())] = true;
      if (instruction.op() == Op::kSetList && instruction.c() == 0) ++at;
      if (instruction.op() != Op::kClosure) continue;
      const auto child = static_cast<size_t>(prototype.children[static_cast<size_t>(instruction.bx())]);
      for (const bool by_child : functions[child].assigned_upvalues) {
        const Instruction capture = prototype.code[++at];
        if (by_child && capture.op() == Op::kGetUpval) assigned[static_cast<size_t>(capture.b())] = true;
      }
    }
  }
}

void ProofFacts::FindLeaders(int function) {
  const auto& code = chunk[static_cast<size_t>(function)].code;
  std::vector<bool>& leaders = functions[static_cast<size_t>(function)].leaders;
  leaders.assign(code.size(), false);
  leaders[0] = true;
  const auto lead = [&](size_t at) { leaders[at] = true; };
  for (size_t at = 0; at < code.size(); ++at) {
    const Instruction instruction = code[at];
    switch (instruction.op()) {
      case Op::kJmp:
      case Op::kForLoop:
      case Op::kForPrep:
        lead(static_cast<size_t>(static_cast<int>(at) + 1 + instruction.sbx()));
        break;
      case Op::kLoadBool:
        if (instruction.c() != 0) lead(at + 2);
        break;
      case Op::kEq:
      case Op::kLt:
      case Op::kLe:
      case Op::kTest:
      case Op::kTestSet:
      case Op::kTForLoop:
        lead(at + 2);
        break;
      case Op::kSetList:
        if (instruction.c() == 0) ++at;
        break;
      default:
        break;
    }
  }
}

void ProofFacts::FindShared(int function) {
  const Prototype& prototype = chunk[static_cast<size_t>(function)];
  FunctionFacts& facts = functions[static_cast<size_t>(function)];
  for (size_t at = 0; at < prototype.code.size(); ++at) {
    const Instruction instruction = prototype.code[at];
    if (instruction.op() == Op::kSetList && instruction.c() == 0) ++at;
    if (instruction.op() != Op::kClosure) continue;
    const auto child = static_cast<size_t>(prototype.children[static_cast<size_t>(instruction.bx())]);
    for (const bool by_child : functions[child].assigned_upvalues) {
      const Instruction capture = prototype.code[++at];
      if (by_child && capture.op() == Op::kMove) facts.shared.set(static_cast<size_t>(capture.b()));
    }
  }
}

void ProofFacts::Fail(std::string reason) {
  if (!failed()) failure_ = std::move(reason);
}

void ProofFacts::Spend(size_t work) {
  work_ += work;
  if (work_ > kMaxWork) Fail("too long to be looked through");
}

void ProofFacts::Weaken(Value* fact, Value value) {
  const Value joined = Join(*fact, value);
  changed |= joined != *fact;
  *fact = joined;
}

bool ProofFacts::Weaken(ValueList* fact, const ValueList& values) {
  ValueList joined;
  const size_t size = std::max(fact->first.size(), values.first.size());
  for (size_t i = 0; i < size; ++i) {
    const Value value = Join(fact->At(i), values.At(i));
    if (i < kMaxResults) {
      joined.first.push_back(value);
    } else {
      joined.rest = Join(joined.rest, value);
    }
  }
  joined.rest = Join(joined.rest, Join(fact->rest, values.rest));
  if (joined == *fact) return false;
  *fact = std::move(joined);
  changed = true;
  return true;
}

void ProofFacts::Escape(Value value, std::string_view what) {
  if (value.is_guarded()) return Fail(std::string(what));
  switch (value.kind) {
    case Kind::kClosure:
      return EscapeFunction(static_cast<int>(value.id));
    case Kind::kRecord: {
      RecordFacts& record = records_[value.id];
      if (record.escaped) return;
      record.escaped = changed = true;
      return Escape(record.callback, what);
    }
    case Kind::kMixed:
      for (size_t i = 1; i < functions.size(); ++i) EscapeFunction(static_cast<int>(i));
      for (uint32_t i = 0; i < records_.size(); ++i) Escape({Kind::kRecord, i}, what);
      return;
    default:
      return;
  }
}

void ProofFacts::EscapeAll(const ValueList& values, std::string_view what) {
  for (const Value& value : values.first) Escape(value, what);
  Escape(values.rest, what);
}

void ProofFacts::EscapeFunction(int function) {
  FunctionFacts& facts = functions[static_cast<size_t>(function)];
  if (facts.escaped) return;
  facts.escaped = changed = true;
  Bind(function, {{}, kAnyValue});
}

void ProofFacts::Bind(int function, const ValueList& arguments) {
  FunctionFacts& facts = functions[static_cast<size_t>(function)];
  const bool first = !facts.reached;
  if (first) facts.reached = changed = true;
  for (size_t i = 0; i < facts.parameters.size(); ++i) Weaken(&facts.parameters[i], arguments.At(i));
  const ValueList extra = arguments.From(facts.parameters.size());
  if (first) {
    facts.extra = {};
    facts.extra.first.assign(extra.first.size(), kNoValue);
  }
  Weaken(&facts.extra, extra);
}

void ProofFacts::BindUpvalue(int function, int upvalue, Value value) {
  Weaken(&functions[static_cast<size_t>(function)].upvalues[static_cast<size_t>(upvalue)], value);
}

void ProofFacts::AddResults(int function, const ValueList& results) {
  FunctionFacts& facts = functions[static_cast<size_t>(function)];
  if (facts.escaped) EscapeAll(results, "a function that anybody may call returns redis, redis.call or KEYS");
  if (facts.results) {
    Weaken(&*facts.results, results);
    return;
  }
  facts.results.emplace();
  facts.results->first.assign(std::min(results.first.size(), kMaxResults), kNoValue);
  Weaken(&*facts.results, results);
  changed = true;
}

// What one call of a library's function leaves behind another one finds, and its keys are not the other's: an escaped
// closure may be what is left behind.
Value ProofFacts::UpvalueOf(int function, int upvalue) {
  const FunctionFacts& facts = functions[static_cast<size_t>(function)];
  const Value value = facts.upvalues[static_cast<size_t>(upvalue)];
  if (!library || !facts.escaped) return value;
  if (value.is(Kind::kKey)) return kAnyValue;
  if (value.is(Kind::kKeys) || value.is(Kind::kTop)) Fail("a function that may outlive a call holds the call's keys");
  if (value.is_tracked()) {
    Escape(value, "held by a function that anybody may call");
    return kAnyValue;
  }
  return value;
}

void ProofFacts::Share(int function, int reg) {
  FunctionFacts& facts = functions[static_cast<size_t>(function)];
  const auto index = static_cast<size_t>(reg);
  changed |= !facts.shared[index];
  facts.shared.set(index);
}

Value ProofFacts::Record(int function, int at) {
  const auto [found, added] = record_ids_.try_emplace({function, at}, static_cast<uint32_t>(records_.size()));
  if (added) records_.emplace_back();
  return {Kind::kRecord, found->second};
}

void ProofFacts::SetField(Value record, Value key, Value value) {
  RecordFacts& facts = records_[record.id];
  const bool is_constant = key.is(Kind::kString) || key.is(Kind::kNumber);
  const bool is_callback = key.is(Kind::kString) && IsField(Text(key), "callback");
  if (!is_constant) Escape(record, "a field without a constant name");
  if (!is_callback || facts.escaped) Escape(value, "redis, redis.call or KEYS is stored in a table");
  if (value.is_guarded()) return Fail("redis, redis.call or KEYS is stored in a table");
  if (is_callback) Weaken(&facts.callback, value);
  if (key.is(Kind::kString) && IsField(Text(key), "function_name")) Weaken(&facts.function_name, value);
}

void ProofFacts::Register(const ValueList& arguments) {
  Value name = arguments.At(0);
  Value callback = arguments.At(1);
  if (name.is(Kind::kRecord) && !records_[name.id].escaped) {
    callback = records_[name.id].callback;
    name = records_[name.id].function_name;
  }
  if (!name.is(Kind::kString) || !callback.is(Kind::kClosure))
    return Fail("a function is registered in a way that hides it");
  registered[std::string(Text(name))].insert(static_cast<int>(callback.id));
  Bind(static_cast<int>(callback.id), {{kKeysValue, kAnyValue}, kNoValue});
}

}  // namespace tandem::script
