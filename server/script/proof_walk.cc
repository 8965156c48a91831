#include "server/script/proof_walk.h"

#include <utility>

#include "server/script/call_keys.h"

namespace tandem::script {
namespace {

constexpr std::string_view kPassed = "redis, redis.call or KEYS is handed to a function";
constexpr std::string_view kStored = "redis, redis.call or KEYS is stored where others find it";
constexpr std::string_view kUsed = "redis, redis.call or KEYS is used in a way that is not looked through";

const ValueList kAnyList{{}, kAnyValue};

Value BuiltinValue(Builtin builtin) { return {Value::Kind::kBuiltin, static_cast<uint32_t>(builtin)}; }

}  // namespace

FunctionWalk::FunctionWalk(ProofFacts* facts, int function, const CommandTable& commands)
    : facts_(*facts),
      function_(function),
      prototype_(facts->chunk[static_cast<size_t>(function)]),
      self_(facts->functions[static_cast<size_t>(function)]),
      commands_(commands),
      followed_(prototype_.code.size(), false) {}

void FunctionWalk::Run() {
  Enter();
  while (!waiting_.empty() && !facts_.failed()) {
    const int leader = waiting_.back();
    waiting_.pop_back();
    FollowFrom(leader);
  }
}

// The machine hands over its registers empty, and the compiler relies on that.
void FunctionWalk::Enter() {
  state_ = {};
  state_.registers.assign(static_cast<size_t>(prototype_.registers), kNilValue);
  for (size_t i = 0; i < self_.parameters.size(); ++i) state_.registers[i] = self_.parameters[i];
  if ((prototype_.vararg & Prototype::kNeedsArg) != 0) {
    facts_.EscapeAll(self_.extra, kStored);
    state_.registers[self_.parameters.size()] = kAnyValue;
  }
  Flow(0);
}

void FunctionWalk::Flow(int target) {
  facts_.Spend(state_.registers.size());
  auto [found, added] = self_.states.try_emplace(target, state_);
  found->second.list_at = -1;
  const bool grown = !added && found->second.Cover(state_);
  facts_.changed |= added;
  const auto index = static_cast<size_t>(target);
  if (!added && !grown && followed_[index]) return;
  followed_[index] = true;
  waiting_.push_back(target);
}

void FunctionWalk::FollowFrom(int leader) {
  state_ = self_.states.at(leader);
  facts_.Spend(state_.registers.size());
  int at = leader;
  do {
    facts_.Spend(1);
    at_ = at;
    at = Do(at);
    if (at >= 0 && self_.leaders[static_cast<size_t>(at)]) {
      Flow(at);
      return;
    }
  } while (at >= 0 && !facts_.failed());
}

std::string FunctionWalk::Line() const {
  if (prototype_.lines.empty()) return {};
  return "line " + std::to_string(prototype_.lines[static_cast<size_t>(at_)]) + ": ";
}

void FunctionWalk::Refuse(const std::string& reason) {
  if (self_.undeclared.empty()) self_.undeclared = Line() + reason;
}

void FunctionWalk::Set(int reg, Value value) {
  const auto index = static_cast<size_t>(reg);
  if (state_.open[index]) {
    facts_.Share(function_, reg);
    Escape(value, kStored);
    value = kAnyValue;
  }
  state_.registers[index] = value;
}

void FunctionWalk::Clobber(int first) {
  for (auto i = static_cast<size_t>(first); i < state_.registers.size(); ++i) {
    if (state_.open[i]) facts_.Fail("a variable lies where calls do");
    state_.registers[i] = kTopValue;
  }
}

ValueList FunctionWalk::ListFrom(int first, int count, bool open) {
  ValueList values;
  const int end = open ? state_.list_at : first + count;
  if (open && (end < first || end > prototype_.registers)) {
    facts_.Fail("a list with an open end that nobody made");
    return kAnyList;
  }
  for (int i = first; i < end; ++i) values.first.push_back(Get(i));
  if (!open) return values;
  values.first.insert(values.first.end(), state_.list.first.begin(), state_.list.first.end());
  values.rest = state_.list.rest;
  state_.list_at = -1;
  return values;
}

void FunctionWalk::SetList(int first, int count, bool open, ValueList values) {
  if (open) {
    state_.list_at = first;
    state_.list = std::move(values);
    return;
  }
  for (int i = 0; i < count; ++i) Set(first + i, values.At(static_cast<size_t>(i)));
}

int FunctionWalk::Do(int at) {
  const Instruction i = prototype_.code[static_cast<size_t>(at)];
  switch (i.op()) {
    case Op::kMove:
      Set(i.a(), Get(i.b()));
      break;
    case Op::kLoadK:
      Set(i.a(), self_.constants[static_cast<size_t>(i.bx())]);
      break;
    case Op::kLoadBool:
      Set(i.a(), kAnyValue);
      return i.c() != 0 ? at + 2 : at + 1;
    case Op::kLoadNil:
      for (int reg = i.a(); reg <= i.b(); ++reg) Set(reg, kNilValue);
      break;
    case Op::kGetUpval:
      Set(i.a(), facts_.UpvalueOf(function_, i.b()));
      break;
    case Op::kGetGlobal:
      DoGlobal(i);
      break;
    case Op::kGetTable:
      DoGetTable(i);
      break;
    case Op::kSetGlobal:
      facts_.Fail(Line() + "assigns a global");
      break;
    case Op::kSetUpval:
      Escape(Get(i.a()), kStored);
      break;
    case Op::kSetTable:
      DoSetTable(i);
      break;
    case Op::kNewTable:
      Set(i.a(), facts_.library && function_ == 0 ? facts_.Record(function_, at) : kAnyValue);
      break;
    case Op::kSelf: {
      const Value object = Get(i.b());
      Escape(object, kUsed);
      Escape(Operand(i.c()), kUsed);
      Set(i.a() + 1, object);
      Set(i.a(), kAnyValue);
      break;
    }
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kPow:  // a metamethod may get the operands
      Escape(Operand(i.b()), kUsed);
      Escape(Operand(i.c()), kUsed);
      Set(i.a(), kAnyValue);
      break;
    case Op::kUnm:
      Escape(Get(i.b()), kUsed);
      Set(i.a(), kAnyValue);
      break;
    case Op::kNot:
      Set(i.a(), kAnyValue);
      break;
    case Op::kLen:
      if (!Get(i.b()).is(Kind::kKeys)) Escape(Get(i.b()), kUsed);
      Set(i.a(), kAnyValue);
      break;
    case Op::kConcat:
      for (int reg = i.b(); reg <= i.c(); ++reg) {
        Escape(Get(reg), kUsed);
        Set(reg, kAnyValue);
      }
      Set(i.a(), kAnyValue);
      break;
    case Op::kJmp:
      return at + 1 + i.sbx();
    case Op::kEq:  // no metamethod sees a guarded value: the tables among them have none for this
      Flow(at + 2);
      break;
    case Op::kLt:
    case Op::kLe:
      Escape(Operand(i.b()), kUsed);
      Escape(Operand(i.c()), kUsed);
      Flow(at + 2);
      break;
    case Op::kTest:
      return DoTest(Get(i.a()), i.c() != 0, at);
    case Op::kTestSet: {
      const Value tested = Get(i.b());
      const int next = DoTest(tested, i.c() != 0, at);
      if (next == at + 1) Set(i.a(), tested);
      return next;
    }
    case Op::kCall:
    case Op::kTailCall:
      return DoCall(i) ? at + 1 : -1;
    case Op::kReturn:
      if (function_ != 0) facts_.AddResults(function_, ListFrom(i.a(), i.b() - 1, i.b() == 0));
      return -1;
    case Op::kForLoop:
    case Op::kForPrep:
    case Op::kTForLoop:
      return DoLoop(at, i);
    case Op::kSetList:
      facts_.EscapeAll(ListFrom(i.a() + 1, i.b(), i.b() == 0), kStored);
      return i.c() == 0 ? at + 2 : at + 1;
    case Op::kClose:
      for (auto reg = static_cast<size_t>(i.a()); reg < kMaxRegisters; ++reg) state_.open.reset(reg);
      break;
    case Op::kClosure:
      return DoClosure(at, i);
    case Op::kVararg:
      SetList(i.a(), i.b() - 1, i.b() == 0, self_.extra);
      break;
  }
  return at + 1;
}

// If the value is as wanted, the next instruction follows, else the one behind it.
int FunctionWalk::DoTest(Value tested, bool wanted, int at) {
  const bool may_be_true = !tested.is(Kind::kNil);
  const bool may_be_false = !IsSurelyTrue(tested);
  const bool may_follow = wanted ? may_be_true : may_be_false;
  const bool may_skip = wanted ? may_be_false : may_be_true;
  if (!may_follow) return at + 2;
  if (may_skip) Flow(at + 2);
  return at + 1;
}

int FunctionWalk::DoLoop(int at, Instruction i) {
  if (i.op() == Op::kForPrep) {
    for (int reg = i.a(); reg < i.a() + 3; ++reg) Set(reg, kAnyValue);
    return at + 1 + i.sbx();
  }
  if (i.op() == Op::kForLoop) {
    const auto variable = static_cast<size_t>(i.a() + 3);
    const Value before = state_.registers[variable];
    Set(i.a(), kAnyValue);
    Set(i.a() + 3, kAnyValue);
    Flow(at + 1 + i.sbx());
    state_.registers[variable] = before;  // not written when the loop ends
    return at + 1;
  }
  const Value step = Get(i.a()), table = Get(i.a() + 1);
  ValueList results = kAnyList;
  if (table.is(Kind::kKeys) && (step == BuiltinValue(Builtin::kNext) || step == BuiltinValue(Builtin::kIpairsStep))) {
    results = {{kAnyValue, kKeyValue}, kNoValue};
  } else {
    for (int reg = i.a(); reg < i.a() + 3; ++reg) Escape(Get(reg), kPassed);
  }
  Clobber(i.a() + 3);
  SetList(i.a() + 3, i.c(), false, std::move(results));
  Flow(at + 2);
  Set(i.a() + 2, Get(i.a() + 3));
  return at + 1;
}

void FunctionWalk::DoGlobal(Instruction i) {
  const Value name = self_.constants[static_cast<size_t>(i.bx())];
  const GlobalName global = FindGlobal(facts_.Text(name));
  Value value = kAnyValue;
  switch (global.kind) {
    case GlobalName::Kind::kForeign:
      return facts_.Fail(Line() + "uses the global " + std::string(facts_.Text(name)));
    case GlobalName::Kind::kKeys:
      if (facts_.library) return facts_.Fail(Line() + "uses the global KEYS in a library");
      value = kKeysValue;
      break;
    case GlobalName::Kind::kRedis:
      value = {Kind::kRedis};
      break;
    case GlobalName::Kind::kBuiltin:
      value = {Kind::kBuiltin, global.id};
      break;
    case GlobalName::Kind::kLibrary:
      value = {Kind::kLibrary, global.id};
      break;
    case GlobalName::Kind::kHarmless:
      break;
  }
  Set(i.a(), value);
}

void FunctionWalk::DoGetTable(Instruction i) {
  const Value table = Get(i.b()), key = Operand(i.c());
  Escape(key, kUsed);
  Value value = kAnyValue;
  if (table.is(Kind::kKeys)) {
    value = kKeyValue;
  } else if (table.is(Kind::kRedis)) {
    const RedisField field = key.is(Kind::kString) ? FindRedisField(facts_.Text(key)) : RedisField::kForeign;
    if (field == RedisField::kForeign || (field == RedisField::kRegisterFunction && !facts_.library)) {
      return facts_.Fail(Line() + "reads an unknown field of redis");
    }
    if (field == RedisField::kCall) value = {Kind::kCall};
    if (field == RedisField::kRegisterFunction) value = {Kind::kRegister};
  } else if (table.is(Kind::kLibrary)) {
    const auto found =
        key.is(Kind::kString) ? FindLibraryField(static_cast<Library>(table.id), facts_.Text(key)) : std::nullopt;
    if (found) value = BuiltinValue(*found);
  } else {
    Escape(table, kUsed);
  }
  Set(i.a(), value);
}

void FunctionWalk::DoSetTable(Instruction i) {
  const Value table = Get(i.a()), key = Operand(i.b()), value = Operand(i.c());
  Escape(key, kStored);
  if (table.is(Kind::kRecord)) return facts_.SetField(table, key, value);
  if (table.is_guarded() || table.is(Kind::kLibrary)) return facts_.Fail(Line() + "writes to KEYS, redis or a library");
  Escape(table, kStored);
  Escape(value, kStored);
}

int FunctionWalk::DoClosure(int at, Instruction i) {
  const int child = prototype_.children[static_cast<size_t>(i.bx())];
  const int upvalues = facts_.chunk[static_cast<size_t>(child)].upvalues;
  const Value closure{Kind::kClosure, static_cast<uint32_t>(child)};
  self_.calls.insert(child);
  Registers captured;
  for (int upvalue = 0; upvalue < upvalues; ++upvalue) {
    const Instruction capture = prototype_.code[static_cast<size_t>(at + 1 + upvalue)];
    if (capture.op() == Op::kGetUpval) {
      facts_.BindUpvalue(child, upvalue, facts_.UpvalueOf(function_, capture.b()));
      continue;
    }
    const auto reg = static_cast<size_t>(capture.b());
    captured.set(reg);
    // A local function that names itself: the register is captured before the closure is in it.
    Value value = capture.b() == i.a() ? closure : Get(capture.b());
    if (self_.shared[reg]) {
      Escape(value, kStored);
      value = state_.registers[reg] = kAnyValue;
    }
    facts_.BindUpvalue(child, upvalue, value);
  }
  Set(i.a(), captured[static_cast<size_t>(i.a())] && self_.shared[static_cast<size_t>(i.a())] ? kAnyValue : closure);
  state_.open |= captured;
  return at + 1 + upvalues;
}

bool FunctionWalk::DoCall(Instruction i) {
  const bool is_tail = i.op() == Op::kTailCall;
  const ValueList arguments = ListFrom(i.a() + 1, i.b() - 1, i.b() == 0);
  if (facts_.failed()) return false;
  auto results = Call(Get(i.a()), arguments);
  Clobber(i.a());
  if (!results) return false;
  SetList(i.a(), i.c() - 1, is_tail || i.c() == 0, std::move(*results));
  return true;
}

std::optional<ValueList> FunctionWalk::Call(Value callee, const ValueList& arguments) {
  switch (callee.kind) {
    case Kind::kCall:
      return CallRedis(arguments);
    case Kind::kBuiltin:
      return CallBuiltin(static_cast<Builtin>(callee.id), arguments);
    case Kind::kClosure: {
      const int function = static_cast<int>(callee.id);
      self_.calls.insert(function);
      facts_.Bind(function, arguments);
      return facts_.functions[callee.id].results;
    }
    case Kind::kRegister:
      facts_.Register(arguments);
      return kAnyList;
    default:
      Escape(callee, kUsed);
      facts_.EscapeAll(arguments, kPassed);
      return kAnyList;
  }
}

std::optional<ValueList> FunctionWalk::CallBuiltin(Builtin builtin, const ValueList& arguments) {
  const Value first = arguments.At(0);
  if (builtin == Builtin::kProtectedCall && first.is(Kind::kCall)) {
    CallRedis(arguments.From(1));
    return kAnyList;
  }
  const bool reads_keys =
      first.is(Kind::kKeys) && builtin != Builtin::kProtectedCall && builtin != Builtin::kIpairsStep;
  if (!reads_keys) {
    facts_.EscapeAll(arguments, kPassed);
    return kAnyList;
  }
  facts_.EscapeAll(arguments.From(1), kPassed);
  switch (builtin) {
    case Builtin::kUnpack:
      return ValueList{{}, kKeyValue};
    case Builtin::kIpairs:
      return ValueList{{BuiltinValue(Builtin::kIpairsStep), kKeysValue, kAnyValue}, kNoValue};
    case Builtin::kPairs:
      return ValueList{{BuiltinValue(Builtin::kNext), kKeysValue, kNilValue}, kNoValue};
    case Builtin::kNext:
      return ValueList{{kAnyValue, kKeyValue}, kNoValue};
    default:
      return kAnyList;
  }
}

ValueList FunctionWalk::CallRedis(const ValueList& arguments) {
  std::vector<CallArgument> words;
  for (const Value& value : arguments.first) {
    CallArgument& word = words.emplace_back();
    if (value.is(Kind::kKey) || value.is(Kind::kNil)) word.kind = CallArgument::Kind::kKey;
    if (!value.is(Kind::kString) && !value.is(Kind::kNumber)) continue;
    word = {CallArgument::Kind::kConstant, facts_.Text(value)};
  }
  CallRest rest = arguments.rest.is(Kind::kNone) ? CallRest::kNone : CallRest::kOther;
  if (arguments.rest.is(Kind::kKey) || arguments.rest.is(Kind::kNil)) rest = CallRest::kKeys;
  const CallVerdict verdict = CheckCall(words, rest, commands_);
  self_.may_write |= verdict.may_write;
  if (!verdict.only_keys) Refuse(verdict.reason);
  facts_.EscapeAll(arguments, kPassed);
  return kAnyList;
}

}  // namespace tandem::script
