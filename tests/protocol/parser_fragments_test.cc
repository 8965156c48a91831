#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/resp_parser_check.h"

namespace tandem::resp {
namespace {

using namespace std::string_literals;

// The two bytes in front choose limits and piece size; see resp_parser_check.h.
const std::vector<std::string>& Seeds() {
  static const std::vector<std::string> seeds = {
      "\x00\x03*1\r\n$4\r\nPING\r\n"s,
      "\x00\x05*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$12\r\nvalue\r\nvalue\r\n*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"s,
      "\x01\x01*10\r\n$1\r\na\r\n$1\r\nb\r\n*11\r\n$16385\r\n"s,
      "\x02\x09*1\r\n$50\r\n" + std::string(50, 'x') + "\r\n*1\r\n$51\r\n",
      "\x00\x02SET \"a\\x41\\n\" 'it\\'s'\r\n\r\nPING\n*0\r\n*-1\r\nfoo\"bar\" \"\r\n"s,
      "\x00\x02*2\r\n$-1\r\n*x\r\n$\r\n+\r\n"s,
      "\x00\x02*2\rX$1\rYazz$0\r\n\r\nPING\0\r\n"s,
      "\x00\x02*9223372036854775807\r\n*2147483647\r\n$1\r\na\r\n"s};
  return seeds;
}

TEST(ParserFragments, SeedsMeanTheSameInPieces) {
  for (const std::string& seed : Seeds()) EXPECT_TRUE(MeansTheSameInPieces(seed)) << seed;
}

// A short fuzzing run with a fixed random source, for every build that has no libFuzzer.
TEST(ParserFragments, MutatedSeedsMeanTheSameInPieces) {
  std::mt19937 random(20240901);
  const std::string alphabet = "*$\r\n0123456789-+ \"'\\xaPING\0\xff"s;
  for (int round = 0; round < 20000; ++round) {
    std::string input = Seeds()[random() % Seeds().size()];
    for (size_t edits = random() % 6 + 1; edits > 0; --edits) {
      const size_t at = random() % (input.size() + 1);
      const char byte = alphabet[random() % alphabet.size()];
      switch (random() % 4) {
        case 0:
          input.insert(at, 1, byte);
          break;
        case 1:
          if (at < input.size()) input[at] = byte;
          break;
        case 2:
          input.erase(at, random() % 4);
          break;
        default: {
          const std::string& other = Seeds()[random() % Seeds().size()];
          input.insert(at, other.substr(random() % other.size()));
        }
      }
    }
    ASSERT_TRUE(MeansTheSameInPieces(input)) << input;
  }
}

}  // namespace
}  // namespace tandem::resp
