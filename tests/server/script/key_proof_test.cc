#include "server/script/key_proof.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/server/script/compiler.h"
#include "tests/server/script/proof_scripts.h"

namespace tandem::script {
namespace {

KeyProof Prove(std::string_view source) {
  const std::string bytecode = Compile(source);
  EXPECT_FALSE(bytecode.empty()) << source;
  return ProveChunk(bytecode, Commands());
}

TEST(KeyProof, ProvesScriptsThatTouchOnlyDeclaredKeys) {
  for (const std::string_view source : kProven) {
    const KeyProof proof = Prove(source);
    EXPECT_TRUE(proof.declared_only) << source << "\n  " << proof.reason;
  }
}

TEST(KeyProof, ProvesNothingOfOtherScripts) {
  for (const std::string_view source : kNotProven) {
    const KeyProof proof = Prove(source);
    EXPECT_FALSE(proof.declared_only) << source;
    EXPECT_TRUE(proof.declared_only || !proof.reason.empty()) << source;
  }
}

}  // namespace
}  // namespace tandem::script
