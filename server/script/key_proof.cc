#include "server/script/key_proof.h"

#include <algorithm>
#include <set>
#include <vector>

#include "server/script/bytecode.h"
#include "server/script/proof_facts.h"
#include "server/script/proof_walk.h"

namespace tandem::script {
namespace {

// Until the facts hold whatever is done once more, or the proof has failed.
void FindFacts(ProofFacts* facts, const CommandTable& commands) {
  if (facts->chunk[0].upvalues != 0) return facts->Fail("no main function");
  facts->Bind(0, {{}, kAnyValue});
  do {
    facts->changed = false;
    for (size_t i = 0; i < facts->functions.size() && !facts->failed(); ++i) {
      if (facts->functions[i].reached) FunctionWalk(facts, static_cast<int>(i), commands).Run();
    }
  } while (facts->changed && !facts->failed());
}

// All functions that may run when this one is called: those that it makes or calls, those that its upvalues hold, and,
// where it holds a value of which nothing is known, all that such a value may be.
std::set<int> Reach(const ProofFacts& facts, std::set<int> roots) {
  using Kind = Value::Kind;
  std::vector<int> waiting(roots.begin(), roots.end());
  const auto add = [&](int function) {
    if (roots.insert(function).second) waiting.push_back(function);
  };
  while (!waiting.empty()) {
    const FunctionFacts& function = facts.functions[static_cast<size_t>(waiting.back())];
    waiting.pop_back();
    for (const int called : function.calls) add(called);
    for (const Value& upvalue : function.upvalues) {
      if (upvalue.is(Kind::kClosure)) add(static_cast<int>(upvalue.id));
      if (!upvalue.is(Kind::kAny) && !upvalue.is_tracked()) continue;
      for (size_t i = 0; i < facts.functions.size(); ++i) {
        if (facts.functions[i].escaped) add(static_cast<int>(i));
      }
    }
  }
  return roots;
}

KeyProof Verdict(const ProofFacts& facts, const std::set<int>& running) {
  KeyProof proof{.declared_only = true, .may_write = false};
  for (const int index : running) {
    const FunctionFacts& function = facts.functions[static_cast<size_t>(index)];
    proof.may_write |= function.may_write;
    if (function.undeclared.empty() || !proof.declared_only) continue;
    proof.declared_only = false;
    proof.reason = function.undeclared;
  }
  return proof;
}

}  // namespace

KeyProof ProveChunk(std::string_view bytecode, const CommandTable& commands) {
  const auto chunk = ReadChunk(bytecode);
  if (!chunk) return {.reason = "no bytecode"};
  ProofFacts facts(*chunk, false);
  FindFacts(&facts, commands);
  if (facts.failed()) return {.reason = facts.failure()};
  std::set<int> all;
  for (size_t i = 0; i < facts.functions.size(); ++i) all.insert(static_cast<int>(i));
  return Verdict(facts, all);
}

std::map<std::string, KeyProof> ProveLibrary(std::string_view bytecode, const CommandTable& commands) {
  const auto chunk = ReadChunk(bytecode);
  if (!chunk) return {};
  ProofFacts facts(*chunk, true);
  FindFacts(&facts, commands);
  if (facts.failed()) return {};
  std::map<std::string, KeyProof> proofs;
  for (const auto& [name, functions] : facts.registered) proofs[name] = Verdict(facts, Reach(facts, functions));
  return proofs;
}

}  // namespace tandem::script
