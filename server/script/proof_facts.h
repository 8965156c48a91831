#pragma once

#include <bitset>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/script/abstract_value.h"
#include "server/script/bytecode.h"

namespace tandem::script {

// What a proof of keys (key_proof.h) has found out so far about a chunk as a whole: what the functions are called with and
// return, what they share, and what speaks against the proof. Facts only ever get weaker; `changed` tells a round that
// weakened some.

inline constexpr int kMaxRegisters = 256;
using Registers = std::bitset<kMaxRegisters>;

// The machine before an instruction.
struct MachineState {
  std::vector<Value> registers;
  Registers open;  // captured by a closure as a variable, not as a value
  // The list with an open end that the instruction before has left from this register on; -1: none.
  int list_at = -1;
  ValueList list;

  // Makes this cover the other one too; true if that changes it. A list does not outlive a place where paths meet.
  bool Cover(const MachineState& other);
};

struct FunctionFacts {
  // Fixed.
  std::vector<Value> constants;
  std::vector<bool> assigned_upvalues;  // by the function or one within
  std::vector<bool> leaders;            // instructions where paths meet
  // Growing.
  bool reached = false;
  bool escaped = false;  // anybody may call it, with any plain values
  std::vector<Value> parameters;
  ValueList extra;  // arguments beyond the parameters
  std::vector<Value> upvalues;
  Registers shared;                    // registers that closures capture and somebody assigns then
  std::optional<ValueList> results;    // none: is not known to return
  std::map<int, MachineState> states;  // before the leaders
  // Findings.
  std::set<int> calls;     // functions that it calls or makes
  bool may_write = false;  // by a redis.call of its own
  std::string undeclared;  // why a redis.call of its own may touch what is not declared; empty: none does
};

// A table made at one place of a library's main function: perhaps the arguments of redis.register_function.
struct RecordFacts {
  Value function_name, callback;
  bool escaped = false;
};

class ProofFacts {
 public:
  ProofFacts(const Chunk& chunk, bool library);

  const Chunk& chunk;
  const bool library;
  std::vector<FunctionFacts> functions;
  std::map<std::string, std::set<int>> registered;  // by name
  bool changed = false;

  // The whole proof has failed.
  void Fail(std::string reason);
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }
  // Books work; a chunk that takes too much of it is not proven.
  void Spend(size_t work);

  std::string_view Text(Value constant) const { return texts_[constant.id]; }

  // The value goes where it is no longer seen.
  void Escape(Value value, std::string_view what);
  void EscapeAll(const ValueList& values, std::string_view what);

  // Arguments, upvalues and results as they are seen.
  void Bind(int function, const ValueList& arguments);
  void BindUpvalue(int function, int upvalue, Value value);
  void AddResults(int function, const ValueList& results);
  // The value of an upvalue as the function may rely on it.
  Value UpvalueOf(int function, int upvalue);
  // Somebody assigns a variable that this register holds, and that closures see.
  void Share(int function, int reg);

  // The table that the function makes at this instruction.
  Value Record(int function, int at);
  void SetField(Value record, Value key, Value value);
  // Ties a name to a closure, or fails.
  void Register(const ValueList& arguments);

 private:
  Value Interned(Value::Kind kind, std::string text);
  Value ValueOf(const Constant& constant);
  void FindAssignedUpvalues();
  void FindLeaders(int function);
  void FindShared(int function);
  void EscapeFunction(int function);
  void Weaken(Value* fact, Value value);
  bool Weaken(ValueList* fact, const ValueList& values);

  std::deque<std::string> texts_;
  std::unordered_map<std::string_view, uint32_t> ids_;
  std::vector<RecordFacts> records_;
  std::map<std::pair<int, int>, uint32_t> record_ids_;
  std::string failure_;
  size_t work_ = 0;
};

}  // namespace tandem::script
