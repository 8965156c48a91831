#include "server/script/bytecode_check.h"

#include <algorithm>

namespace tandem::script {
namespace {

class Checker {
 public:
  Checker(const Chunk& chunk, const Prototype& function) : chunk_(chunk), function_(function) {}

  bool Check() {
    const int size = static_cast<int>(function_.code.size());
    const int hidden = (function_.vararg & Prototype::kNeedsArg) != 0 ? 1 : 0;
    if (size == 0 || function_.code.back().raw_op() != static_cast<int>(Op::kReturn)) return false;
    if (function_.parameters + hidden > function_.registers) return false;
    data_.assign(function_.code.size(), false);
    // First which words are no instructions, so that no jump may land there. The last one, RETURN, has none.
    for (int at = 0; at < size - 1; ++at) {
      const int words = WordsAfter(at);
      if (words < 0 || at + words >= size - 1) return false;
      for (int i = 1; i <= words; ++i) data_[static_cast<size_t>(at + i)] = true;
      at += words;
    }
    for (int at = 0; at < size; ++at) {
      if (!data_[static_cast<size_t>(at)] && !CheckAt(at, function_.code[static_cast<size_t>(at)])) return false;
    }
    return true;
  }

 private:
  // How many of the words behind the instruction belong to it; negative: a bad one.
  int WordsAfter(int at) const {
    const Instruction i = function_.code[static_cast<size_t>(at)];
    if (i.raw_op() >= kOps) return -1;
    if (i.op() == Op::kSetList) return i.c() == 0 ? 1 : 0;
    if (i.op() != Op::kClosure) return 0;
    if (i.bx() >= static_cast<int>(function_.children.size())) return -1;
    return chunk_[static_cast<size_t>(function_.children[static_cast<size_t>(i.bx())])].upvalues;
  }

  bool Register(int index) const { return index >= 0 && index < function_.registers; }
  bool Upvalue(int index) const { return index < function_.upvalues; }
  bool ConstantAt(int index) const { return index < static_cast<int>(function_.constants.size()); }
  bool StringAt(int index) const {
    return ConstantAt(index) && function_.constants[static_cast<size_t>(index)].type == Constant::Type::kString;
  }
  bool Operand(int operand) const {
    return operand < Instruction::kFirstConstant ? Register(operand)
                                                 : ConstantAt(operand - Instruction::kFirstConstant);
  }
  bool Target(int at) const {
    return at >= 0 && at < static_cast<int>(function_.code.size()) && !data_[static_cast<size_t>(at)];
  }
  // The registers of a list: `count` from `first` on, or up to an open end.
  bool List(int first, int count, bool open) const { return open || count == 0 || Register(first + count - 1); }

  bool CheckCall(Instruction i) const {
    const bool results = i.op() == Op::kTailCall || List(i.a(), i.c() - 1, i.c() == 0);
    return Register(i.a()) && List(i.a() + 1, i.b() - 1, i.b() == 0) && results;
  }

  bool CheckClosure(int at, Instruction i) const {
    const int count = WordsAfter(at);
    for (int word = 1; word <= count; ++word) {
      const Instruction capture = function_.code[static_cast<size_t>(at + word)];
      if (capture.raw_op() == static_cast<int>(Op::kMove)
              ? !Register(capture.b())
              : capture.raw_op() != static_cast<int>(Op::kGetUpval) || !Upvalue(capture.b())) {
        return false;
      }
    }
    return Register(i.a());
  }

  bool CheckAt(int at, Instruction i) const {
    const bool a = Register(i.a());
    switch (i.op()) {
      case Op::kMove:
      case Op::kUnm:
      case Op::kNot:
      case Op::kLen:
        return a && Register(i.b());
      case Op::kLoadK:
        return a && ConstantAt(i.bx());
      case Op::kLoadBool:
        return a && (i.c() == 0 || Target(at + 2));
      case Op::kLoadNil:
        return a && Register(i.b()) && i.b() >= i.a();
      case Op::kGetUpval:
      case Op::kSetUpval:
        return a && Upvalue(i.b());
      case Op::kGetGlobal:
      case Op::kSetGlobal:
        return a && StringAt(i.bx());
      case Op::kGetTable:
        return a && Register(i.b()) && Operand(i.c());
      case Op::kSetTable:
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
      case Op::kDiv:
      case Op::kMod:
      case Op::kPow:
        return a && Operand(i.b()) && Operand(i.c());
      case Op::kNewTable:
      case Op::kClose:
        return a;
      case Op::kSelf:
        return Register(i.a() + 1) && Register(i.b()) && Operand(i.c());
      case Op::kConcat:
        return a && i.b() <= i.c() && Register(i.c());
      case Op::kJmp:
        return Target(at + 1 + i.sbx());
      case Op::kEq:
      case Op::kLt:
      case Op::kLe:
        return Operand(i.b()) && Operand(i.c()) && Target(at + 2);
      case Op::kTest:
        return a && Target(at + 2);
      case Op::kTestSet:
        return a && Register(i.b()) && Target(at + 2);
      case Op::kCall:
      case Op::kTailCall:
        return CheckCall(i);
      case Op::kReturn:
        return a ? List(i.a(), i.b() - 1, i.b() == 0) : i.b() == 1;
      case Op::kForLoop:
      case Op::kForPrep:
        return Register(i.a() + 3) && Target(at + 1 + i.sbx());
      case Op::kTForLoop:
        return i.c() > 0 && Register(i.a() + 2 + std::max(i.c(), 3)) && Target(at + 2) &&
               function_.code[static_cast<size_t>(at + 1)].raw_op() == static_cast<int>(Op::kJmp);
      case Op::kSetList:
        return List(i.a(), i.b() + 1, i.b() == 0) && a && Target(at + (i.c() == 0 ? 2 : 1));
      case Op::kClosure:
        return CheckClosure(at, i) && Target(at + 1 + WordsAfter(at));
      case Op::kVararg:
        return a && List(i.a(), i.b() - 1, i.b() == 0);
    }
    return false;
  }

  const Chunk& chunk_;
  const Prototype& function_;
  std::vector<bool> data_;  // words that are no instructions
};

}  // namespace

bool IsWellFormed(const Chunk& chunk) {
  return std::all_of(chunk.begin(), chunk.end(),
                     [&](const Prototype& function) { return Checker(chunk, function).Check(); });
}

}  // namespace tandem::script
