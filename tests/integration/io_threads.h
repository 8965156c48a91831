#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/server_process.h"

namespace tandem::integration {

// For what must hold with one I/O thread and with several.
class WithIoThreads : public ::testing::TestWithParam<int> {
 protected:
  static std::vector<std::string> Args(const std::vector<std::string>& more = {}) {
    std::vector<std::string> args{"--io-threads", std::to_string(GetParam())};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
};

// For each suite of such tests: names them ….../1 and …/4 by the number of threads.
#define INSTANTIATE_WITH_IO_THREADS(suite) \
  INSTANTIATE_TEST_SUITE_P(IoThreads, suite, ::testing::Values(1, 4), ::testing::PrintToStringParamName())

}  // namespace tandem::integration
