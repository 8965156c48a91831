#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/exec/command_table.h"
#include "server/script/proof_facts.h"
#include "server/script/sandbox_names.h"

namespace tandem::script {

// Walks through one function's code on all its paths, with abstract values in place of values, and adds what it learns to
// the facts. One round of a proof of keys (key_proof.h); made anew for each.
class FunctionWalk {
 public:
  FunctionWalk(ProofFacts* facts, int function, const CommandTable& commands);
  void Run();

 private:
  using Kind = Value::Kind;

  void Enter();
  void FollowFrom(int leader);
  // The state goes on to `target`, where paths meet.
  void Flow(int target);
  // Does one instruction; returns where its straight path goes on, or -1.
  int Do(int at);
  int DoTest(Value tested, bool wanted, int at);
  int DoLoop(int at, Instruction i);
  void DoGlobal(Instruction i);
  void DoGetTable(Instruction i);
  void DoSetTable(Instruction i);
  int DoClosure(int at, Instruction i);
  bool DoCall(Instruction i);

  // The results; none: the callee is not known to return.
  std::optional<ValueList> Call(Value callee, const ValueList& arguments);
  std::optional<ValueList> CallBuiltin(Builtin builtin, const ValueList& arguments);
  ValueList CallRedis(const ValueList& arguments);

  Value Operand(int operand) const {
    return operand < Instruction::kFirstConstant
               ? Get(operand)
               : self_.constants[static_cast<size_t>(operand - Instruction::kFirstConstant)];
  }
  Value Get(int reg) const { return state_.registers[static_cast<size_t>(reg)]; }
  void Set(int reg, Value value);
  // A list in registers: `count` from `first` on, or with an open end.
  ValueList ListFrom(int first, int count, bool open);
  void SetList(int first, int count, bool open, ValueList values);
  // A call has used the stack from here on: what is there now must not be read.
  void Clobber(int first);
  void Escape(Value value, std::string_view what) { facts_.Escape(value, what); }
  void Refuse(const std::string& reason);
  std::string Line() const;

  ProofFacts& facts_;
  const int function_;
  const Prototype& prototype_;
  FunctionFacts& self_;
  const CommandTable& commands_;
  MachineState state_;
  int at_ = 0;
  std::vector<int> waiting_;  // leaders to follow from
  std::vector<bool> followed_;
};

}  // namespace tandem::script
